import { test } from 'node:test';
import { assertErrors, assertWarning, HEAD, withServices } from './helper.js';

const OK = 'hosts: w1, unit: web, healthy: "true"';
const web = (more: string): string => withServices(`web: { ${more}, ${OK} }`);

test('unknown keys are told at every depth, with the one that was meant', () => {
  const text = `name: c
lyers: 1
ssh: { usr: ops }
hosts: { w1: { adress: x } }
layers:
  - name: one
    service: {}
    services:
      web: { hosts: w1, unit: web, healthy: { http: /, prot: 80 }, patience: { strat: 1s }, hots: w1 }
`;
  assertErrors(text, [
    { at: '2:1', path: 'lyers', message: /unknown key "lyers"/, cure: /did you mean "layers"/ },
    { at: '3:8', path: 'ssh.usr', message: /unknown key "usr"/, cure: /did you mean "user"/ },
    { at: '4:16', path: 'hosts.w1.adress', message: /unknown key "adress"/, cure: /did you mean "address"/ },
    { at: '7:5', path: 'layers[0].service', message: /unknown key "service"/, cure: /did you mean "services"/ },
    { at: '9:56', path: 'layers[0].services.web.healthy.prot', message: /"prot"/, cure: /did you mean "port"/ },
    { at: '9:80', path: 'layers[0].services.web.patience.strat', message: /"strat"/, cure: /did you mean "start"/ },
    { at: '9:93', path: 'layers[0].services.web.hots', message: /"hots"/, cure: /did you mean "hosts"/ },
  ]);
});

test('an unknown kind is told with the one that was meant', () => {
  assertErrors(withServices('db: { kind: postgresq, hosts: w1 }'), [
    { at: '7:19', path: 'layers[1].services.db.kind', message: /unknown kind "postgresq"/, cure: /mean "postgresql"/ },
  ]);
});

test('a name that every object has is no kind', () => {
  assertErrors(withServices('constructor: w1'), [
    { at: '7:7', message: /"constructor" is no kind/, cure: /zookeeper/ },
  ]);
});

test('a shorthand that is no kind is told with the one that was meant', () => {
  assertErrors(withServices('zookeper: w1'), [{ at: '7:7', message: /is no kind/, cure: /did you mean "zookeeper"/ }]);
});

test('a kind with neither unit nor home is told what it needs', () => {
  assertErrors(withServices('zookeeper: w1', 'namenode: { kind: hdfs-namenode, hosts: w2, home: /opt/hadoop }'), [
    { at: '7:7', message: /zookeeper needs `unit`, or `home` and `user`/, cure: /unit/ },
    { at: '8:7', message: /namenode has a `home` but no `user`/, cure: /user/ },
  ]);
});

test('a database at home is told that it needs its data directory', () => {
  assertErrors(withServices('postgresql: { hosts: w1, home: /usr, user: postgres }'), [
    { at: '7:7', path: 'layers[1].services.postgresql', message: /PGDATA/, cure: /data directory/ },
  ]);
});

test('a service with no kind is told all that is missing', () => {
  assertErrors(withServices('web: { port: 80 }'), [
    { at: '7:7', path: 'layers[1].services.web', message: /needs `hosts`/, cure: /hosts: w/ },
    { at: '7:7', message: /how web is started/, cure: /start/ },
    { at: '7:7', message: /how web is stopped/, cure: /stop/ },
    { at: '7:7', message: /whether web is running/, cure: /process/ },
    { at: '7:7', message: /whether web is healthy/, cure: /healthy/ },
  ]);
});

test('a service name in two layers is told at the second', () => {
  assertErrors(withServices('below: { hosts: w1, unit: x, healthy: "true" }'), [
    { at: '7:7', path: 'layers[1].services.below', message: /"below" in layer one already/, cure: /own name/ },
  ]);
});

test('edges: unknown, to itself and upwards are errors, downwards is a warning', () => {
  const text = `name: c
hosts: { 'w[1-9]': }
layers:
  - name: one
    services:
      app: { hosts: w1, unit: app, healthy: 'true', after: [queu, app, top], stopAfter: nothing }
      queue: { hosts: w2, unit: queue, healthy: 'true' }
  - name: two
    services:
      top: { hosts: w3, unit: top, healthy: 'true' }
`;
  assertErrors(text, [
    { at: '6:61', path: 'layers[0].services.app.after[0]', message: /no service "queu"/, cure: /mean "queue"/ },
    { at: '6:67', path: 'layers[0].services.app.after[1]', message: /wait for itself/, cure: /remove/ },
    { at: '6:72', path: 'layers[0].services.app.after[2]', message: /in a layer above/, cure: /move/ },
    {
      at: '6:89',
      path: 'layers[0].services.app.stopAfter',
      message: /no service "nothing"/,
      cure: /this layer has queue/,
    },
  ]);
  assertWarning(web('after: below'), {
    at: '7:21',
    path: 'layers[1].services.web.after',
    message: /below already/,
    cure: /remove/,
  });
});

test('what a service needs to stop is told where it stands in its list', () => {
  const text = `name: c
hosts: { 'w[1-9]': }
layers:
  - name: one
    services:
      app: { hosts: w1, unit: app, healthy: 'true', stopNeeds: [queue, queu, app, top] }
      queue: { hosts: w2, unit: queue, healthy: 'true', stopNeeds: nothing }
  - name: two
    services:
      top: { hosts: w3, unit: top, healthy: 'true', stopNeeds: [tops] }
`;
  assertErrors(text, [
    { at: '6:72', path: 'layers[0].services.app.stopNeeds[1]', message: /no service "queu"/, cure: /mean "queue"/ },
    { at: '6:78', path: 'layers[0].services.app.stopNeeds[2]', message: /cannot need itself/, cure: /remove/ },
    {
      at: '6:83',
      path: 'layers[0].services.app.stopNeeds[3]',
      message: /in a layer above/,
      cure: /this layer or lower/,
    },
    { at: '7:68', path: 'layers[0].services.queue.stopNeeds', message: /no service "nothing"/, cure: /app, queue/ },
    { at: '10:65', path: 'layers[1].services.top.stopNeeds[0]', message: /no service "tops"/, cure: /mean "top"/ },
  ]);
});

test('a progress figure that needs a port is told with the same cure as any other probe', () => {
  assertErrors(web('progress: { blocks: { http: /, value: a } }'), [
    {
      at: '7:26',
      path: 'layers[1].services.web.progress.blocks',
      message: /this probe needs a port/,
      cure: /^add `port:` to the service or to the probe$/,
    },
  ]);
});

test('circles are shown, each once, also those that only close on the way down', () => {
  const service = (name: string, more: string): string =>
    `${name}: { hosts: w1, unit: ${name}, healthy: 'true', ${more} }`;
  const text = withServices(
    service('a', 'after: b'),
    service('b', 'after: c'),
    service('c', 'after: a'),
    service('d', 'stopAfter: e'),
    service('e', 'stopAfter: d'),
  );
  assertErrors(text, [
    { at: '7:49', path: 'layers[1].services.a.after', message: /start: a → b → c → a/, cure: /remove one/ },
    { at: '10:49', path: 'layers[1].services.d.stopAfter', message: /stop: d → e → d/, cure: /remove one/ },
  ]);
});

test('two instances with one port on one host are told', () => {
  const text = withServices(
    'a: { hosts: "w[1-4]", unit: a, port: 80, healthy: "true" }',
    'b: { hosts: "w[3-6]", unit: b, port: 80, healthy: "true" }',
  );
  assertErrors(text, [
    { at: '8:44', path: 'layers[1].services.b.port', message: /port 80 on w\[3-4\] is taken by a/, cure: /another/ },
  ]);
});

test('a layer without services, a second layer of one name, a file without layers', () => {
  assertErrors(`${HEAD.replace('    services:\n', '    services: {}\n')}  - name: one\n    services:\n`, [
    { at: '6:5', path: 'layers[1].services', message: /layer two has no service/, cure: /remove the layer/ },
    { at: '7:11', path: 'layers[2].name', message: /two layers "one"/, cure: /own name/ },
    { at: '8:5', path: 'layers[2].services', message: /layer one has no service/, cure: /remove the layer/ },
  ]);
  assertErrors('name: c\nhosts: { w1: }\nlayers: []\n', [
    { at: '3:9', message: /list of layers/, cure: /name: storage/ },
  ]);
  assertErrors('name: c\n', [
    { at: '1:1', path: '', message: /needs `hosts`/, cure: /hosts:/ },
    { at: '1:1', path: '', message: /needs `layers`/, cure: /layers:/ },
  ]);
});

test('secrets with no file, and names no environment takes', () => {
  assertErrors(web('secrets: { TOKEN: {}, lower: { file: x } }, vars: { BLACKSTART_HOST: x, A: 1 }'), [
    { at: '7:25', path: 'layers[1].services.web.secrets.TOKEN', message: /needs `file`/, cure: /file:/ },
    { at: '7:36', path: 'layers[1].services.web.secrets.lower', message: /environment variable/, cure: /capital/ },
    { at: '7:66', path: 'layers[1].services.web.vars.BLACKSTART_HOST', message: /not begin with/, cure: /capital/ },
    { at: '7:89', path: 'layers[1].services.web.vars.A', message: /must be a text, not 1/, cure: /quote/ },
  ]);
  assertErrors(web('secrets: { A: { file: x } }, vars: { A: x }'), [
    { at: '7:25', message: /among `vars` too/, cure: /one of them/ },
  ]);
});

test('durations, ports, tries, units and patterns are checked', () => {
  const text = withServices(
    'a: { hosts: w1, unit: "x; reboot", healthy: "true" }',
    'b: { hosts: w1, unit: b, healthy: { tcp: 70000, timeout: 5 } }',
    'c: { hosts: w1, unit: c, healthy: { http: /, port: 1, match: "(" }, tries: 0 }',
    'd: { hosts: w1, unit: d, healthy: { http: / }, process: "[" }',
    "e: { hosts: w1, unit: e, healthy: 'true', process: 'x\\d' }",
    "f: { hosts: w1, unit: f, healthy: 'true', process: { match: '.*' } }",
    'g: { hosts: w1, unit: g, healthy: "a\\0b", redundancy: most }',
  );
  assertErrors(text, [
    { at: '7:29', message: /systemd unit/, cure: /postgresql@16-main/ },
    { at: '8:48', message: /must be a port/, cure: /1 to 65535/ },
    { at: '8:64', message: /must be a duration, not 5/, cure: /90s/ },
    { at: '9:68', message: /regular expression/, cure: /brackets/ },
    { at: '9:82', message: /from 1 to 20/, cure: /3/ },
    { at: '10:32', message: /this probe needs a port/, cure: /port/ },
    { at: '10:63', message: /no regular expression/, cure: /brackets/ },
    { at: '11:58', message: /awk does not know "\\d"/, cure: /\[0-9\]/ },
    { at: '12:67', path: 'layers[1].services.f.process.match', message: /every command line/, cure: /only this/ },
    { at: '13:41', message: /without control characters/, cure: /quotes/ },
    { at: '13:61', message: /how many may be missing/, cure: /quorum/ },
  ]);
});

test('a user beside a unit is refused where the unit is what starts it', () => {
  assertErrors(web('user: web'), [{ at: '7:14', message: /does not go with `unit`/, cure: /remove `user`/ }]);
});

test('an unknown kind inside an expectation is told', () => {
  assertErrors(
    withServices(
      'a: { hosts: w1, unit: a, port: 1, healthy: { http: /, json: { n: { min: { membersOf: hdfs-datanod } } } } }',
    ),
    [{ at: '7:92', message: /unknown kind "hdfs-datanod"/, cure: /mean "hdfs-datanode"/ }],
  );
});

test('an even ensemble and single points of failure are warnings', () => {
  const text = withServices(
    'zookeeper: { hosts: "w[1-4]", unit: zk }',
    'web: { hosts: "w[1-9]", unit: w, healthy: "true" }',
  );
  assertWarning(text, { at: '7:27', message: /ensemble of 4/, cure: /3 or 5 hosts \(J08\)/ });
  assertWarning(text, { at: '4:30', message: /below runs on w9 alone/, cure: /K40/ });
  assertWarning(text, { at: '8:7', message: /web on w\[1-9\]: all 9 must be healthy/, cure: /K40/ });
});

test('one mistake in a service hides no other in it', () => {
  assertErrors(withServices('web: { hosts: w77, start: 5, stop: initdb, process: "(", tries: x, after: y }'), [
    { at: '7:7', message: /whether web is healthy/, cure: /healthy/ },
    { at: '7:21', message: /no host "w77"/, cure: /w7/ },
    { at: '7:33', message: /must be a command, not 5/, cure: /start/ },
    { at: '7:42', message: /"initdb or pg_createcluster" is never run/, cure: /person/ },
    { at: '7:59', message: /no regular expression/, cure: /brackets/ },
    { at: '7:71', message: /from 1 to 20/, cure: /3/ },
    { at: '7:81', message: /no service "y"/, cure: /no other service/ },
  ]);
});
