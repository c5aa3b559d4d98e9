import { shownText } from '#core/model/shown-text.ts';

/** SQL with the first word of each statement set heavier; nothing else is coloured. What cannot be seen stands as escapes. */
export function SqlText({ children }: { children: string }) {
  const lines = shownText(children).split('\n');
  return lines.map((line, index) => {
    const verb = /^(\s*)([A-Z]{2,})(?=\s|;|$)/.exec(line);
    const rest = verb ? line.slice(verb[0].length) : line;
    return (
      // biome-ignore lint/suspicious/noArrayIndexKey: lines of one text, in order
      <span key={index}>
        {verb?.[1]}
        {verb && <em>{verb[2]}</em>}
        {rest}
        {index < lines.length - 1 && '\n'}
      </span>
    );
  });
}
