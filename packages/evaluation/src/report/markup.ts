/** Markup that is safe to stand in a page: made by `html`, never by hand. */
export class Markup {
  constructor(readonly text: string) {}
}

type Part = Markup | string | number | undefined | readonly Part[];

/** A template whose inserted strings are escaped; markup, and lists of it, are inserted as they are. */
export function html(fixed: TemplateStringsArray, ...parts: Part[]): Markup {
  return new Markup(fixed.reduce((text, piece, at) => text + piece + (at < parts.length ? render(parts[at]) : ''), ''));
}

function render(part: Part): string {
  if (part === undefined) return '';
  if (part instanceof Markup) return part.text;
  if (typeof part === 'string' || typeof part === 'number') return escapeText(String(part));
  return part.map(render).join('');
}

function escapeText(text: string): string {
  const names: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  return text.replace(/[&<>"']/g, (character) => names[character] ?? character);
}
