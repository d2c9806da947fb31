import { writeFileSync } from 'node:fs';
import { PAGE } from './places.js';
import type { Figure, Kept } from './results.js';

const HEAD = `# Performance

<!-- Written by \`npm run bench\` from its results. Do not edit: change bench/page.ts. -->

Blackstart must never be what the operator waits for. These are the figures promised in the design, each measured in one
run beside what it is compared with, by the built command line, on the machine named with it. A busy machine makes times
longer: what other programs took of the cores stands at each part, and a figure beside much of it is too high.

`;

const TAIL = `## How to measure

\`npm run build && npm run bench\` measures everything (some 20 minutes; as root, since it makes a network of its own), and
\`npm run bench -- sweep cold-100 gate\` some parts. Each part adds a line to \`~/.cache/blackstart/bench/results.jsonl\`; this
page shows the newest of each, so a broken run is taken up by naming the parts that are missing. Needed: OpenSSH's server
and client, Python 3 (the peers are installed into an environment of their own).

## Why it is as it is

- \`ssh -G\`, which alone understands ssh_config, is asked once for all hosts that no line of the files tells apart, through
  a small shell: a large worker stands still for every program it starts itself. An answer is kept while its way works: for
  five minutes where the files alone decide and stay the same, else (\`Match\`, values made of the host's name) for one.
- known_hosts is looked up by name and not searched; hashed lines cannot be looked up and cost a digest each for each host.
- A cluster file is read at every activity, but checked anew only when its text changed.
- A gate's loops tell changes, and that nothing changed: five times a second until all was calm for three seconds, then
  every two seconds. What arrives together is judged together.
- The worker lets its heap grow by a fifth between collections instead of doubling it (V8's \`heap-growing-percent\`), which
  buys memory with some CPU. \`MALLOC_ARENA_MAX=2\`, which docker-compose.yml and the benchmark set, keeps glibc from holding
  memory for every thread.

## Next steps

- The look at 1,000 hosts on open connections: what the worker needs more than the bare loop is spread thin: collecting
  garbage (the price of the small heap), making and checking the script, deadline and cancellation of each run, reading and
  judging the answers, and Temporal. The next things to try: a library of scripts kept as bytes, and looks from two threads.
- A first look is bound by the handshakes of ssh2, all of them in one thread.
- A startup of 1,000 hosts looks at all of them after every gate; a look at the layers that are awaited would do in between.
- Half of the worker's memory is there before the first host: the SDK with its core, two V8 isolates and the bundler that
  the SDK loads with itself.
- The script library (some 13 kB) is sent with every script; over a slow jump host the connection could compress it.
`;

/** Writes docs/performance.md from the newest result of each part. */
export function writePage(kept: readonly Kept[]): void {
  const rows = kept.flatMap(({ figures }) => figures.map(row));
  const table = ['| what | measured | asked for | |', '| --- | --- | --- | --- |', ...rows].join('\n');
  const parts = kept.map(section).join('\n');
  writeFileSync(PAGE, `${HEAD}${table}\n\n## Conditions of each\n\n${parts}\n${TAIL}`);
}

function row({ what, measured, target, met }: Figure): string {
  return `| ${what} | ${measured} | ${target} | ${met ? 'met' : 'not met'} |`;
}

function section({ part, at, commit, machine, notes }: Kept): string {
  const when = `${at.slice(0, 16).replace('T', ' ')} UTC, commit ${commit}; ${machine}.`;
  return [`### ${part}`, '', when, '', ...notes.map((note) => `- ${note}`), ''].join('\n');
}
