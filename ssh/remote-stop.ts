import type { ClientChannel } from 'ssh2';
import type { Connection } from './connection.js';
import { frame, REMOTE_LINE } from './frame.js';

/** How long a remote process group may take to heed TERM, in milliseconds. */
const TERM_MS = 2_000;
/** How long the channel of a killed process group may take to close, in milliseconds. */
const KILL_MS = 1_000;
/** Pause before another channel is tried for a `kill`, when the server has none free, in milliseconds. */
const RETRY_MS = 100;

/** Ends what runs in one channel: TERM, two seconds later KILL, one second after that it gives up. */
export class RemoteStop {
  private timer: NodeJS.Timeout | undefined;
  private over = false;

  /** `pid` tells the remote process group when it is known; `onStuck` is called when the channel did not close. */
  constructor(
    private readonly connection: Connection,
    private readonly stream: ClientChannel,
    private readonly pid: () => number | null,
    private readonly onStuck: () => void,
  ) {}

  /** Sends TERM now, and the rest in time. */
  start(): void {
    this.stream.signal('TERM');
    // sshd answers a signal for root with "session signalling requires privilege separation", in its log only.
    // Others get one TERM: a second one makes some programs skip their clean end.
    if (this.connection.endpoint.user === 'root') this.killGroup('TERM');
    this.timer = setTimeout(() => {
      this.stream.signal('KILL');
      this.killGroup('KILL');
      this.timer = setTimeout(() => {
        this.over = true;
        this.onStuck();
      }, KILL_MS);
    }, TERM_MS);
  }

  /** Calls the rest off; to be called when the channel is closed. */
  callOff(): void {
    this.over = true;
    clearTimeout(this.timer);
  }

  /** Signals through a channel of its own, beyond the counted ones: MaxSessions leaves two for that. */
  private killGroup(signalName: 'TERM' | 'KILL'): void {
    const pid = this.pid();
    if (this.over || pid === null || this.connection.lost !== null) return;
    const script = frame(`kill -s ${signalName} -- -${pid}`);
    try {
      this.connection.client.exec(REMOTE_LINE, (error, stream) => {
        if (error) {
          setTimeout(() => this.killGroup(signalName), RETRY_MS);
          return;
        }
        stream.on('error', () => undefined).on('data', () => undefined);
        stream.stderr.on('data', () => undefined);
        // Its process group may have ended and its number may be another's by now.
        if (this.over) stream.close();
        else stream.write(script);
      });
    } catch {
      // The socket closed this moment: nothing can be signalled any more, and the channel's close says so.
    }
  }
}
