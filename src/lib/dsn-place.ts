/** `host:port` of a DSN as a DBA would say it, near enough for a heading; empty where it names no host. */
export function placeOf(dsn: string): string {
  const uri = /^postgres(?:ql)?:\/\/(?:[^/?#]*@)?([^/?#]*)/i.exec(dsn.trim())?.[1];
  if (uri !== undefined) return /:\d+$/.test(uri) || uri === '' ? uri : `${uri}:5432`;
  const of = (key: string) => new RegExp(`(?:^|\\s)${key}\\s*=\\s*'?([^\\s']+)`, 'i').exec(dsn)?.[1];
  const host = of('host') ?? of('hostaddr');
  return host === undefined ? '' : `${host}:${of('port') ?? 5432}`;
}
