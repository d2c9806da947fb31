import pc from 'picocolors';
import { expandHosts, foldHosts } from '../cluster/host-set.js';
import { QUESTIONS, VERDICTS, type Finding, type Verdict } from '../cluster/inspection.js';

type Cell = Verdict | 'none';

const WORDS: Readonly<Record<Cell, string>> = { ok: 'ok', bad: 'NO', unknown: '?', none: '-' };
const COLOURS: Readonly<Record<Cell, (text: string) => string>> = {
  ok: pc.green,
  bad: pc.red,
  unknown: pc.yellow,
  none: pc.dim,
};

/** What every host answered: a grid with hosts of equal answers in one row, the best first; then what is to be done. */
export function gridLines(hosts: readonly string[], findings: readonly Finding[]): string[] {
  const rows = rowsOf(hosts, findings);
  const width = Math.max('hosts'.length, ...rows.map((row) => row.hosts.length));
  const head = `${'hosts'.padEnd(width)}  ${QUESTIONS.join('  ')}`;
  const lines = rows.map(({ hosts: name, cells }) => {
    const texts = cells.map((cell, i) => COLOURS[cell](WORDS[cell].padEnd(QUESTIONS[i]?.length ?? 0)));
    return `${name.padEnd(width)}  ${texts.join('  ')}`.trimEnd();
  });
  return [head, ...lines, ...findings.filter((f) => f.verdict !== 'ok' && f.cure !== '').flatMap(findingLines)];
}

/** One thing that is wrong: where, what was seen, what to do. */
export function findingLines({ question, verdict, hosts, instances, evidence, cure }: Finding): string[] {
  const where = [hosts === '' ? 'the worker' : hosts, instances === '' ? '' : `(${instances})`].filter((t) => t !== '');
  const mark = COLOURS[verdict](verdict === 'bad' ? 'NO' : '?');
  return ['', `${mark} ${pc.bold(question)} on ${where.join(' ')}: ${evidence}`, `   do: ${cure}`];
}

function rowsOf(hosts: readonly string[], findings: readonly Finding[]): { hosts: string; cells: Cell[] }[] {
  const verdicts = new Map<string, Verdict>();
  for (const { question, verdict, hosts: folded } of findings) {
    for (const host of folded === '' ? [] : expandHosts(folded)) {
      const key = `${question} ${host}`;
      const known = verdicts.get(key);
      if (known === undefined || VERDICTS.indexOf(verdict) < VERDICTS.indexOf(known)) verdicts.set(key, verdict);
    }
  }
  const rows = new Map<string, { members: string[]; cells: Cell[] }>();
  for (const host of hosts) {
    const cells = QUESTIONS.map((question): Cell => verdicts.get(`${question} ${host}`) ?? 'none');
    const key = cells.join(' ');
    const row = rows.get(key) ?? { members: [], cells };
    row.members.push(host);
    rows.set(key, row);
  }
  const badness = (cells: readonly Cell[]): number => cells.filter((cell) => cell !== 'ok').length;
  return [...rows.values()]
    .map(({ members, cells }) => ({ hosts: foldHosts(members), cells }))
    .toSorted((a, b) => badness(a.cells) - badness(b.cells));
}
