import { z } from 'zod';
import { DURATION } from '../cluster/duration.js';

/**
 * What a field must be and what to write instead, on two lines: the way by which a schema hands a {@link Complaint} its
 * message and its cure.
 */
export function wrong(message: string, cure: string): string {
  return `${message}\n${cure}`;
}

/** A map with exactly these keys; the message of an unknown one lists those that are known. */
export function fields<Shape extends z.core.$ZodShape>(shape: Shape): z.ZodObject<Shape, z.core.$strict> {
  const known = Object.keys(shape).join(',');
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys' ? known : wrong('must be a map of fields', 'write "field: value" lines'),
  });
}

function pattern(regex: RegExp, message: string, cure: string): z.ZodString {
  const error = wrong(message, cure);
  return z.string({ error }).regex(regex, { error });
}

/** A word of our own: names travel into instance ids, file names and workflow ids. */
export const clusterName = pattern(
  /^[a-z0-9][a-z0-9._-]{0,63}$/,
  'must be a name',
  'use lower-case letters, digits, ".", "_" and "-", such as koverse',
);

/** The name of a service or of a layer. */
export const word = pattern(
  /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
  'must be a name',
  'use letters, digits, ".", "_" and "-", such as data-services',
);

/** Syntax is checked by `cluster/host-set.ts`, which says more than a pattern can. */
export const hostSet = z
  .string({ error: wrong('must be a host set, written as one text', 'write a text such as w[1-9]') })
  .meta({
    pattern: String.raw`^[A-Za-z0-9_.:%,! /\[\]-]+$`,
    examples: ['m1', 'w[1-9]', 'n[001-100]', 'w[1-9]!w3', 'm1,m3'],
  });

/** A duration with its unit. */
export const duration = pattern(
  DURATION,
  'must be a duration',
  'write a number and a unit, such as 500ms, 90s, 10m or 1h',
).meta({ examples: ['500ms', '90s', '10m', '1h'] });

const portError = wrong('must be a port', 'write a number from 1 to 65535');

/** A TCP port. */
export const port = z.int({ error: portError }).min(1, { error: portError }).max(65_535, { error: portError });

/** A text with something in it and no control character that a shell, a file name or a terminal could trip over. */
export const line = pattern(
  /^\P{Cc}+$/u,
  'must be a text on one line',
  'quote it if it is a number or begins with a special character',
);

/** Shell text: lines and tabs are part of it, other control characters are a slip. */
export const command = pattern(
  /^(?=\s*\S)[\P{Cc}\t\n]+$/u,
  'must be a command: shell text without control characters',
  'write the command as you would type it, in quotes',
);

/** An absolute path on the hosts. */
export const hostPath = pattern(/^\/\P{Cc}*$/u, 'must be an absolute path', 'begin it with "/"');

/** A login of a Linux host. */
export const login = pattern(
  /^[A-Za-z_][A-Za-z0-9_.-]{0,31}\$?$/,
  'must be the name of a login',
  'write a name such as accumulo',
);

/** A systemd unit, by characters that need no quoting in a shell and in sudoers. */
export const unit = pattern(
  /^[A-Za-z0-9:_.][A-Za-z0-9:_.@-]{0,200}$/,
  'must be the name of a systemd unit',
  'write a name such as postgresql@16-main',
);

/** An environment variable that commands find; ours begin with BLACKSTART_ and cannot be replaced. */
export const variableName = pattern(
  /^(?!BLACKSTART_)[A-Z_][A-Z0-9_]*$/,
  'must be the name of an environment variable, and not begin with BLACKSTART_',
  'use capital letters, digits and "_", such as JAVA_HOME',
);

/** The value of an environment variable. */
export const variableValue = pattern(/^[\P{Cc}\t\n]*$/u, 'must be a text', 'quote it');

const regexError = wrong('must be a regular expression', 'check its brackets and backslashes');

/** A pattern looked for in an answer; `^` and `$` match at every line. */
export const answerPattern = z.string({ error: regexError }).refine(compiles, { error: regexError });

/** True where the text is a regular expression. */
export function compiles(text: string): boolean {
  try {
    return new RegExp(text, 'm') instanceof RegExp;
  } catch {
    return false;
  }
}
