/** One `FROM … AS name` of a Dockerfile. */
export interface DockerStage {
  readonly name: string;
  /** Image or earlier stage. */
  readonly base: string;
  readonly instructions: readonly { readonly keyword: string; readonly rest: string }[];
}

/** The stages of a Dockerfile in order; comments are dropped and continued lines joined. */
export function readDockerfile(text: string): DockerStage[] {
  const stages: (DockerStage & { instructions: { keyword: string; rest: string }[] })[] = [];
  const lines = text.split('\n').filter((line) => !line.trimStart().startsWith('#'));
  for (const line of lines.join('\n').replaceAll(/\\\n/g, ' ').split('\n')) {
    const [, keyword, rest] = /^\s*([A-Za-z]+)\s+(.*\S)\s*$/.exec(line) ?? [];
    if (keyword === undefined || rest === undefined) continue;
    const from = /^(\S+)(?:\s+AS\s+(\S+))?$/i.exec(rest);
    if (keyword.toUpperCase() === 'FROM') {
      stages.push({ name: from?.[2] ?? String(stages.length), base: from?.[1] ?? rest, instructions: [] });
    } else {
      stages.at(-1)?.instructions.push({ keyword: keyword.toUpperCase(), rest });
    }
  }
  return stages;
}

/** The last value of an instruction that holds in a stage, its base stages included. */
export function lastInstruction(
  stages: readonly DockerStage[],
  stageName: string,
  keyword: string,
): string | undefined {
  const stage = stages.find(({ name }) => name === stageName);
  if (stage === undefined) return undefined;
  const own = stage.instructions.findLast((instruction) => instruction.keyword === keyword);
  return own?.rest ?? lastInstruction(stages, stage.base, keyword);
}
