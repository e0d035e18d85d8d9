// A method with settings that differ from its defaults, as command lines name it: `conditional-gan:body=conv:noise=8`.

/** @returns {{method: string, settings: Record<string, string | number>}} */
export function readMethodSpec(spec) {
  const [method, ...given] = spec.split(':');
  const settings = given.map((setting) => {
    const [key, value] = setting.split('=');
    return [key, Number.isNaN(Number(value)) ? value : Number(value)];
  });
  return { method, settings: Object.fromEntries(settings) };
}
