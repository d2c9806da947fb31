import { z } from 'zod';
import {
  command,
  duration,
  fields,
  hostPath,
  hostSet,
  line,
  login,
  port,
  unit,
  variableName,
  variableValue,
  word,
  wrong,
} from './schema-texts.js';
import { KINDS } from '../catalog/kinds.js';
import { probe, progress } from './schema-probe.js';
import { redundancy } from './schema-redundancy.js';

const edgesError = wrong('must be a service or a list of services', 'write namenode, or [namenode, datanode]');
const edges = z.union([word, z.array(word, { error: edgesError })], { error: edgesError });

const verb = (name: string, deadline: string, description: string) =>
  z
    .union(
      [
        command,
        fields({
          run: command.nullish().meta({ description: 'The command.' }),
          deadline: duration.nullish().meta({ description: `How long the command may take. Default ${deadline}.` }),
          once: z
            .boolean({ error: wrong('must be true or false', 'write once: true') })
            .nullish()
            .meta({ description: 'For the service as a whole: on one of its hosts, the others are fallbacks.' }),
        }),
      ],
      { error: wrong('must be a command', `write ${name}: "…" or ${name}: { run: "…", deadline: ${deadline} }`) },
    )
    .nullish()
    .meta({ description });

const dataError = wrong('must be a path or a list of paths', 'write /data/hdfs, or [/data/1, /data/2]');
const probesError = wrong(
  'must be a probe or a list of probes',
  'write { http: /path }, { tcp: port } or { command: "…" }',
);
const triesError = wrong('must be a number from 1 to 20', 'write 3');
const mapError = wrong('must be a map', 'write "NAME: value" lines');
const wait = (description: string) => duration.nullish().meta({ description });

/** A service in long form. Every field may be null, which removes what the kind says. */
export const service = fields({
  kind: word.nullish().meta({
    description: 'The entry of the catalogue it is made from. Default: its own name, if that is a kind.',
    examples: Object.keys(KINDS),
  }),
  hosts: hostSet.nullish().meta({ description: 'Where it runs: one instance on each host.' }),
  spares: hostSet.nullish().meta({ description: 'Hosts it could be moved to by a person or a relocation.' }),
  role: z
    .enum(['worker', 'coordinator', 'single'], {
      error: wrong('must be worker, coordinator or single', 'write worker, coordinator or single'),
    })
    .nullish()
    .meta({
      description:
        'Workers may be left behind within tolerance; the others hold a run. Default: single on one host, else worker.',
    }),
  redundancy: redundancy
    .nullish()
    .meta({ description: 'How many may be missing while it still counts as healthy. Default all.' }),
  after: edges
    .nullish()
    .meta({ description: 'Services of the same layer whose members must be healthy before this one starts.' }),
  stopAfter: edges.nullish().meta({
    description: 'Services of the same layer that must be gone before this one stops. Default: the mirror of `after`.',
  }),
  stopNeeds: edges.nullish().meta({
    description: 'Services of this layer or lower that must be healthy for this one to stop cleanly.',
  }),
  port: port.nullish().meta({ description: 'Its port: where probes ask, and BLACKSTART_PORT for its commands.' }),
  user: login.nullish().meta({ description: 'Whom its commands run as, by sudo. Default: the login user.' }),
  home: hostPath.nullish().meta({
    description: "Where it is installed: gives the kind's own commands and identity.",
    examples: ['/opt/accumulo'],
  }),
  unit: unit
    .nullish()
    .meta({ description: 'Its systemd unit: gives start, stop and identity.', examples: ['postgresql@16-main'] }),
  vars: z
    .record(variableName, variableValue.nullable(), { error: mapError })
    .nullish()
    .meta({
      description: 'Environment variables for its commands.',
      examples: [{ JAVA_HOME: '/usr/lib/jvm/17' }],
    }),
  secrets: z
    .record(
      variableName,
      fields({ file: line.meta({ description: 'A file on the worker that holds the value.' }) }).nullable(),
      { error: mapError },
    )
    .nullish()
    .meta({
      description:
        'Environment variables whose values are read from files on the worker when needed, and shown nowhere.',
    }),
  process: z
    .union(
      [
        line,
        fields({
          match: line
            .nullish()
            .meta({ description: 'A regular expression as awk takes it, looked for in the command line.' }),
          user: login.nullish().meta({ description: 'Only processes of this login.' }),
        }),
      ],
      { error: wrong('must be a pattern', 'write process: /opt/web/bin/web, or { match: …, user: … }') },
    )
    .nullish()
    .meta({
      description: 'How its process is recognised: a regular expression for its command line. Never a pid file.',
    }),
  running: command
    .nullish()
    .meta({ description: 'A command that tells whether it runs: exit 0 runs, 3 stopped, anything else unknown.' }),
  healthy: z
    .union([probe, z.array(probe, { error: probesError }).min(1, { error: probesError })], {
      error: probesError,
    })
    .nullish()
    .meta({ description: 'How an instance is asked for its health; every probe must be answered well.' }),
  conditions: z
    .record(line, probe.nullable(), {
      error: wrong('must be a map of sentence to probe', 'write "safemode is off": { http: … }'),
    })
    .nullish()
    .meta({ description: 'What must hold for the service as a whole, asked on one member: sentence → probe.' }),
  progress: z
    .record(line, progress.nullable(), {
      error: wrong('must be a map of name to probe', 'write "blocks reported": { http: …, value: … }'),
    })
    .nullish()
    .meta({ description: 'Figures that move while an instance is on its way: patience slides with them.' }),
  data: z
    .union([hostPath, z.array(hostPath, { error: dataError })], { error: dataError })
    .nullish()
    .meta({ description: 'Directories that must have room before it is started.', examples: ['/data/hdfs'] }),
  start: verb('start', '60s', 'Starts one instance, on its host.'),
  stop: verb('stop', '120s', 'Stops one instance cleanly, on its host.'),
  prepare: verb('prepare', '60s', 'What must have been done before a start.'),
  drain: verb('drain', '120s', 'What must have been done before a stop: handing work over, saving state.'),
  patience: fields({
    start: wait('From start to healthy, before it counts as stuck. Default 2m.'),
    stop: wait('From stop to proven gone. Default 2m.'),
    reach: wait('For a host that cannot be asked. Default 30s.'),
    steady: wait('How long health must last before it counts. Default 500ms.'),
    ceiling: wait('The longest wait in all while a progress figure moves. Default six times `start`.'),
  })
    .nullish()
    .meta({ description: 'How long to wait for what.' }),
  tries: z
    .int({ error: triesError })
    .min(1, { error: triesError })
    .max(20, { error: triesError })
    .nullish()
    .meta({ description: 'How often a start or stop is tried. Default 3.' }),
}).meta({ id: 'service', description: 'A service: one instance on each of its hosts.' });

/** A service as written in long form, after its shape was checked. */
export type WrittenService = z.infer<typeof service>;
