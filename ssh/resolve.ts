import { userInfo } from 'node:os';
import type { Endpoint, Route } from './endpoint.js';
import { NotSent } from './failures.js';
import { parseJumps, type JumpHost } from './jump.js';
import { hostWithPort } from './known-hosts.js';
import type { SshConfig, SshKeyword, SshOptions } from './ssh-config.js';
import { expandPath, type PathTokens } from './ssh-paths.js';
import { checkTarget } from './target-check.js';
import type { Target } from './types.js';

/** Jump hosts one behind the other; more than anybody has, so only a mistake of ssh_config reaches it. */
const MOST_JUMPS = 8;
/** What ssh would use; only for machines without an ssh client to ask. */
const DEFAULT_OPTIONS: SshOptions = new Map([
  ['identityfile', ['~/.ssh/id_rsa', '~/.ssh/id_ecdsa', '~/.ssh/id_ed25519']],
  ['userknownhostsfile', ['~/.ssh/known_hosts ~/.ssh/known_hosts2']],
  ['globalknownhostsfile', ['/etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2']],
]);

/** Whom the options of ssh_config are asked of. */
type Asked = Pick<SshConfig, 'lookUp'>;

/**
 * Finds the way to a target: its own fields first, then ssh_config, then ssh's defaults.
 * StrictHostKeyChecking is not read: unknown host keys are always refused.
 * Throws NotSent('config') for what cannot be done: ProxyCommand, RevokedHostKeys, jump hosts in a circle.
 */
export async function resolveTarget(target: Target, config: Asked): Promise<Route> {
  checkTarget(target);
  const options = await ask(target, config);
  const endpoint = toEndpoint(target, options, []);
  return { endpoint, jump: await findJump({ target, config, beyond: [] }, endpoint, target.jump, options) };
}

interface Search {
  readonly target: Target;
  readonly config: Asked;
  /** Where the way leads on to, the target first. */
  readonly beyond: readonly Endpoint[];
}

/** The way to the host before `endpoint`: as `said`, else as ssh_config says for it, else none. */
async function findJump(
  search: Search,
  endpoint: Endpoint,
  said: string | null,
  options: SshOptions,
): Promise<Route | null> {
  const configured = first(options, 'proxyjump');
  const text = said ?? (configured === null ? null : expandPath(configured, tokensOf(endpoint, options)));
  if (text === null) {
    refuseProxyCommand(endpoint.name, options);
    return null;
  }
  const jumps = parseJumps(text, endpoint.name);
  // "Host * / ProxyJump bastion" also tells the bastion to jump through itself, and jump hosts said for a whole cluster
  // are said for themselves too: each is behind those before it only.
  const itself = jumps.findIndex((jump) => names(jump, endpoint));
  const way = await resolveJumps(search, endpoint, itself === -1 ? jumps : jumps.slice(0, itself));
  return way !== null && isSame(way.endpoint, endpoint) ? way.jump : way;
}

/** The way to the last of these jump hosts, through those before it. */
async function resolveJumps(search: Search, from: Endpoint, jumps: readonly JumpHost[]): Promise<Route | null> {
  const jump = jumps.at(-1);
  if (!jump) return null;
  const { target, config } = search;
  const asTarget: Target = {
    ...target,
    name: jump.host,
    address: null,
    port: jump.port,
    user: jump.user,
    identityFile: null,
  };
  checkTarget(asTarget);
  const options = await ask(asTarget, config);
  // The key named for the target is offered to the jump hosts too, before their own keys.
  const endpoint = toEndpoint(asTarget, options, target.identityFile === null ? [] : [target.identityFile]);
  const beyond = [...search.beyond, from];
  const inCircle = search.beyond.some((other) => isSame(other, endpoint));
  if (inCircle || beyond.length > MOST_JUMPS) {
    const way = [...beyond, endpoint].map(({ name }) => name).join(' is behind ');
    throw new NotSent('config', `${target.name}: ${way}, which leads nowhere. Correct ProxyJump in ssh_config.`);
  }
  const before = jumps.slice(0, -1);
  const further = { ...search, beyond };
  const way =
    before.length > 0
      ? await resolveJumps(further, endpoint, before)
      : await findJump(further, endpoint, null, options);
  return { endpoint, jump: way };
}

async function ask({ name, address, port, user, configFile }: Target, config: Asked): Promise<SshOptions> {
  return (await config.lookUp({ host: address ?? name, port, user, configFile })) ?? DEFAULT_OPTIONS;
}

function toEndpoint(target: Target, options: SshOptions, extraIdentities: readonly string[]): Endpoint {
  refuseRevokedHostKeys(target, options);
  const host = target.address ?? first(options, 'hostname') ?? target.name;
  const port = target.port ?? Number(first(options, 'port') ?? 22);
  const user = target.user ?? first(options, 'user') ?? userInfo().username;
  const alias = first(options, 'hostkeyalias');
  // As OpenSSH does: an alias stands alone, and on another port the host's bare name is looked up as well.
  const hostKeyNames = alias === null ? [...new Set([hostWithPort(host, port), host])] : [alias];
  const asked = target.address ?? target.name;
  const tokens = tokensOf({ name: asked, host, port, user }, options);
  const expand = (path: string): string => expandPath(path, tokens);
  const ownIdentities = options.get('identityfile') ?? [];
  const seconds = Number(first(options, 'connecttimeout'));
  return {
    name: target.name,
    host,
    port,
    user,
    hostKeyNames,
    knownHostsFiles: target.knownHostsFile === null ? knownHostsFiles(options).map(expand) : [target.knownHostsFile],
    identityFiles:
      target.identityFile === null ? [...extraIdentities, ...ownIdentities.map(expand)] : [target.identityFile],
    agent: target.identityFile === null ? agentSocket(options, expand) : null,
    identitiesOnly: first(options, 'identitiesonly') === 'yes',
    connectTimeoutMs: seconds > 0 ? seconds * 1000 : null,
  };
}

function tokensOf(endpoint: Pick<Endpoint, 'name' | 'host' | 'port' | 'user'>, options: SshOptions): PathTokens {
  const { name, host, port, user } = endpoint;
  return { name, host, port, user, hostKeyName: first(options, 'hostkeyalias') ?? host };
}

function first(options: SshOptions, keyword: SshKeyword): string | null {
  return options.get(keyword)?.[0] ?? null;
}

function knownHostsFiles(options: SshOptions): string[] {
  // `ssh -G` puts no quotes around names with spaces; such a file is not found, which refuses and never admits.
  const lists = [first(options, 'userknownhostsfile'), first(options, 'globalknownhostsfile')];
  return lists.flatMap((list) => (list ?? '').split(' ')).filter((file) => file !== '' && file !== 'none');
}

function agentSocket(options: SshOptions, expand: (path: string) => string): string | null {
  const said = first(options, 'identityagent');
  if (said === null || said === 'SSH_AUTH_SOCK') return process.env['SSH_AUTH_SOCK'] || null;
  if (said === 'none') return null;
  return said.startsWith('$') && !said.startsWith('${') ? process.env[said.slice(1)] || null : expand(said);
}

function names(jump: JumpHost, endpoint: Endpoint): boolean {
  const samePort = jump.port === null || jump.port === endpoint.port;
  return samePort && (jump.host === endpoint.host || jump.host === endpoint.name);
}

function isSame(one: Endpoint, other: Endpoint): boolean {
  return one.host === other.host && one.port === other.port;
}

function refuseProxyCommand(name: string, options: SshOptions): void {
  const command = first(options, 'proxycommand');
  if (command === null || command === 'none') return;
  const why = `ssh_config gives it the ProxyCommand "${command}", which is not supported`;
  throw new NotSent('config', `${name}: ${why}. Use ProxyJump, or set the target's jump.`);
}

function refuseRevokedHostKeys(target: Target, options: SshOptions): void {
  const file = first(options, 'revokedhostkeys');
  if (file === null || file === 'none') return;
  const why = `ssh_config names RevokedHostKeys ${file}, which cannot be honoured`;
  throw new NotSent('config', `${target.name}: ${why}. Use @revoked lines in known_hosts instead.`);
}
