import { z } from 'zod';
import { answerPattern, command, duration, fields, hostPath, line, port, word, wrong } from './schema-texts.js';

const statusError = wrong('must be an HTTP status', 'write a number from 100 to 599, or a list of them');
const status = z.int({ error: statusError }).min(100, { error: statusError }).max(599, { error: statusError });
const exitError = wrong('must be an exit code', 'write a number from 0 to 255, or a list of them');
const exit = z.int({ error: exitError }).min(0, { error: exitError }).max(255, { error: exitError });
const oneOrMore = <Item extends z.ZodType>(item: Item, error: string) =>
  z.union([item, z.array(item, { error }).min(1, { error })], { error });

const numberError = wrong('must be a number', 'write a number');
const number = z.number({ error: numberError });
const expectationError = wrong(
  'must be a value, or one of { min: N }, { max: N }, { matches: pattern }',
  'write for example ^(active|standby)$ as { matches: "^(active|standby)$" }',
);

const jsonExpectation = z
  .union(
    [
      z.string(),
      z.number(),
      z.boolean(),
      z.null(),
      fields({
        min: z
          .union(
            [number, fields({ membersOf: word.meta({ description: 'A kind: its healthy instances are counted.' }) })],
            {
              error: numberError,
            },
          )
          .meta({ description: 'The value must be at least this number, or as many as a kind has healthy instances.' }),
      }),
      fields({ max: number.meta({ description: 'The value must be at most this number.' }) }),
      fields({ matches: answerPattern.meta({ description: 'The value must be like this pattern.' }) }),
    ],
    { error: expectationError },
  )
  .meta({ description: 'What the JSON value must be: equal to this value, at least, at most, or like a pattern.' });

const timeout = duration
  .optional()
  .meta({ description: 'How long to wait for the answer. Default 5s.', examples: ['5s'] });
const host = line.optional().meta({ description: 'Whom to ask. Default: the address of the instance.' });

const httpFields = {
  http: hostPath.meta({
    description: 'The path to get, such as /ready. Asked on the host itself where curl or bash is there.',
    examples: ['/ready', '/health?deep=1'],
  }),
  port: port.optional().meta({ description: "Default: the service's port." }),
  host,
  scheme: z
    .enum(['http', 'https'], { error: wrong('must be http or https', 'write http or https') })
    .optional()
    .meta({ description: 'Default http. Certificates are not verified: this asks for health, it trusts nothing.' }),
  status: oneOrMore(status, statusError)
    .optional()
    .meta({ description: 'The status, or statuses, of a healthy answer. Default 200.', examples: [200, [200, 204]] }),
  json: z
    .record(z.string(), jsonExpectation, {
      error: wrong('must be a map of JSON path to value', 'write { status: UP }'),
    })
    .optional()
    .meta({
      description: 'What the JSON answer must say, by path: keys and indexes with dots between them.',
      examples: [{ status: 'UP' }, { 'beans.0.State': 'active' }],
    }),
  match: answerPattern
    .optional()
    .meta({ description: 'A pattern to be found in the answer; ^ and $ match at every line.' }),
  timeout,
};
const http = fields(httpFields);

const tcp = fields({
  tcp: z
    .union([port, z.literal('port')], {
      error: wrong('must be a port', 'write a number from 1 to 65535, or the word port'),
    })
    .meta({ description: "The port to connect to; the word `port` is the service's own.", examples: ['port', 2181] }),
  host,
  send: z
    .string({ error: wrong('must be a text', 'quote it') })
    .optional()
    .meta({ description: 'Text to send once connected.', examples: ['srvr'] }),
  expect: answerPattern
    .optional()
    .meta({ description: 'A pattern to be found in the answer. Default: connecting is enough.' }),
  timeout,
});

const commandProbe = fields({
  command: command.meta({ description: 'Shell text run on the host by the login user.', examples: ['pg_isready -q'] }),
  exit: oneOrMore(exit, exitError).optional().meta({ description: 'The exit code, or codes, of health. Default 0.' }),
  match: answerPattern.optional().meta({ description: 'A pattern to be found in what the command prints.' }),
  timeout,
});

/** One question about health: typed by its first word, or a bare command. */
export const probe = z
  .union([http, tcp, commandProbe, command], {
    error: wrong('must be a probe', 'write { http: /path }, { tcp: port } or { command: "…" }'),
  })
  .meta({
    id: 'probe',
    description: 'A question about health: { http: … }, { tcp: … }, { command: … }, or a bare command.',
  });

/** A probe as written, after its shape was checked. */
export type WrittenProbe = z.infer<typeof probe>;

const figure = fields({
  ...httpFields,
  value: line.meta({ description: 'Where the figure stands in the JSON answer: keys and indexes with dots between.' }),
});

/** A question whose answer moves while an instance is on its way: any change of it is progress. */
export const progress = z
  .union([figure, http, tcp, commandProbe, command], {
    error: wrong('must be a probe', 'write { http: /path, value: blocks } or { command: "…" }'),
  })
  .meta({ id: 'progress', description: 'A figure: { http: …, value: path }, { tcp: … } or a command that prints it.' });

/** A progress figure as written, after its shape was checked. */
export type WrittenProgress = z.infer<typeof progress>;
