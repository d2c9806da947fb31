import { splitInstance } from '../../cluster/model.js';
import { JVM_MS, tabletsAnswer } from '../accumulo-admin.js';
import { readiness } from '../status.js';
import { ASK_VERSIONS } from '../systems/kafka.js';
import type { Locks } from './locks.js';
import type { Answer } from '../systems/system.js';
import type { World } from '../world.js';
import type { PortOwner } from './port-owners.js';
import type { Asked, Subject } from './script-reader.js';

/** As much of an answer as the library reports, in bytes. */
const ANSWER_BYTES = 1_048_576;

/** One look at an instance. */
export interface Sample {
  /** All lines of a report. */
  readonly lines: string;
  /** What must differ for a change to be told: everything but the age. */
  readonly key: string;
  readonly present: boolean;
  /** `process 123`, or why not. */
  readonly detail: string;
  /** How long the questions kept the script waiting. */
  readonly tookMs: number;
}

interface Reply {
  readonly code: string;
  readonly text: string;
  readonly tookMs: number;
}

/** A field of a line: newline and tab travel as \x1e and \x1f. */
export function oneLine(text: string): string {
  return text.slice(0, ANSWER_BYTES).replaceAll('\n', '\x1e').replaceAll('\t', '\x1f');
}

/** As `od -An -tx1` writes bytes. */
function octets(text: string): string {
  return Buffer.from(text, 'latin1').toString('hex').replaceAll(/../g, ' $&');
}

/** Takes samples of the world, in the words of the library. */
export class Sampler {
  constructor(
    private readonly world: World,
    private readonly ownerOf: PortOwner,
    private readonly locks: Locks,
  ) {}

  /** What a look or a watch tells: while an act is under way on an instance, it is not called absent. */
  see(subject: Subject): Sample {
    const sample = this.take(subject);
    const holder = sample.present ? null : this.locks.holderOf(subject.id);
    if (holder === null) return sample;
    const detail = `an act is under way on it (${holder})`;
    const [, ...answers] = sample.lines.split('\n');
    return {
      ...sample,
      lines: [`I\t${subject.id}\t?\t\t\t${detail}`, ...answers].join('\n'),
      key: detail + sample.key,
    };
  }

  /** Looks at one instance and asks its questions, if it is there; and the conditions in any case. */
  take(subject: Subject): Sample {
    const proc = this.world.population.get(subject.id);
    const detail = proc ? `process ${proc.pid}` : 'no such process';
    const age = proc ? Math.floor((this.world.population.now - proc.startedAt) / 10) * 10 : '';
    let tookMs = 0;
    const line = (head: string, asked: Asked): string => {
      const reply = this.reply(subject.id, asked);
      tookMs += reply.tookMs;
      return `${head}\t${asked.index}\t${reply.code}\t${oneLine(reply.text)}\n`;
    };
    const probes = proc ? subject.probes.map((asked) => line(`P\t${subject.id}`, asked)) : [];
    const progress = proc ? subject.progress.map((asked) => line(`G\t${subject.id}`, asked)) : [];
    const conditions = subject.conditions.map((asked) => {
      const head = `C\t${asked.service}`;
      if (proc) return line(head, asked);
      return `${head}\t${asked.index}\t-\tit does not run on ${splitInstance(subject.id).host}\n`;
    });
    const answers = [...probes, ...progress, ...conditions].join('');
    return {
      lines: `I\t${subject.id}\t${proc ? 1 : 0}\t${proc?.pid ?? ''}\t${age}\t${detail}\n${answers}`,
      key: `${proc?.pid ?? detail}\n${answers}`,
      present: proc !== undefined,
      detail,
      tookMs,
    };
  }

  private reply(id: string, { kind, words }: Asked): Reply {
    if (kind === 'command') return this.byCommand(id, words);
    return kind === 'http' ? this.overHttp(words) : this.overTcp(words);
  }

  private byCommand(id: string, [seconds, run = '']: readonly string[]): Reply {
    const limit = Number(seconds) * 1_000;
    const late: Reply = { code: '124', text: '', tookMs: limit };
    if (/bin\/accumulo admin checkTablets/.test(run)) {
      const said = tabletsAnswer(this.world);
      const tookMs = JVM_MS / this.world.parts.speed;
      return said && tookMs < limit ? { code: String(said.code), text: said.text, tookMs } : late;
    }
    if (/\/dev\/tcp\/.* od -An -tx1/s.test(run)) {
      const answer = this.world.ask(id, { type: 'tcp', send: ASK_VERSIONS });
      if (answer.type === 'silence') return late;
      if (answer.type !== 'text') return { code: '1', text: 'connect: Connection refused', tookMs: 0 };
      return { code: '0', text: octets(answer.text.slice(0, 10)), tookMs: 0 };
    }
    // The segment that PostgreSQL reads, in its process title: nothing here ever shows one.
    if (/recovering/.test(run)) return { code: '0', text: '', tookMs: 0 };
    // pg_isready is asked with -q.
    return { code: String(readiness(this.world, id).code), text: '', tookMs: 0 };
  }

  private overHttp([seconds, , host = '', port = '', path = '', wantsBody]: readonly string[]): Reply {
    const answer = this.ask(host, port, { type: 'http', path });
    const limit = Number(seconds) * 1_000;
    switch (answer.type) {
      case 'http':
        return { code: String(answer.status), text: wantsBody === '1' ? answer.body : '', tookMs: 0 };
      case 'silence':
        return { code: '-', text: `curl: (28) Operation timed out after ${limit} milliseconds`, tookMs: limit };
      case 'text':
        return { code: '-', text: 'curl: (52) Empty reply from server', tookMs: 0 };
      case 'refused':
        return { code: '-', text: `curl: (7) Failed to connect to ${host} port ${port}`, tookMs: 0 };
    }
  }

  private overTcp([seconds, host = '', port = '', send = '']: readonly string[]): Reply {
    const answer = this.ask(host, port, { type: 'tcp', send });
    const limit = Number(seconds) * 1_000;
    if (answer.type === 'refused') return { code: '7', text: 'connect: Connection refused', tookMs: 0 };
    if (send === '') return { code: '0', text: '', tookMs: 0 };
    if (answer.type === 'silence') return { code: '124', text: '', tookMs: limit };
    return { code: '0', text: answer.type === 'text' ? answer.text.trimEnd() : '', tookMs: 0 };
  }

  private ask(host: string, port: string, question: Parameters<World['ask']>[1]): Answer {
    const owner = this.ownerOf(host, port);
    return owner === undefined ? { type: 'refused' } : this.world.ask(owner, question);
  }
}
