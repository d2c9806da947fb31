/**
 * The parts of `10.0.0.1`, `10.0.0.1:2222`, `name.example`, or an IPv6 address (which has several colons and so no
 * port here: say that as `{ address, port }`). Null where it is none of these.
 */
export function splitAddress(text: string): { address: string; port: number | null } | null {
  const [address = '', port, ...more] = text.split(':');
  if (more.length > 0) return /^[0-9A-Fa-f:.]+(%[\w.-]+)?$/.test(text) ? { address: text, port: null } : null;
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(address)) return null;
  if (port === undefined) return { address, port: null };
  const number = /^\d{1,5}$/.test(port) ? Number(port) : 0;
  return number >= 1 && number <= 65_535 ? { address, port: number } : null;
}
