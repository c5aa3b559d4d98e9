/** The first of `demo`, `demo-2`, `demo-3`, … that no cluster has. */
export function freeName(taken: string[], wanted = 'demo'): string {
  if (!taken.includes(wanted)) return wanted;
  for (let number = 2; ; number += 1) {
    const name = `${wanted}-${number}`;
    if (!taken.includes(name)) return name;
  }
}
