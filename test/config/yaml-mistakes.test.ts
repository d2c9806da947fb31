import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertErrors, complaintsAbout, withServices } from './helper.js';

const WEB = 'web: { hosts: w1, unit: web, healthy: "true" }';

test('an unquoted host set as a list is told to be quoted', () => {
  assertErrors(withServices('web: { hosts: [w1-3], unit: web, healthy: "true" }'), [
    { at: '7:21', path: 'layers[1].services.web.hosts', message: /"\[" begins a list/, cure: /quote it: "w\[1-3\]"/ },
  ]);
});

test('an unquoted host set inside brackets is told to be quoted, and hides no other mistake', () => {
  const text = `name: c
hosts:
  w[1-3]:
racks:
  r1: [ w[1-3] ]
layers:
  - name: one
    services:
      web: { hosts: w[1-3], unit: web, healthy: 'true', tris: 3 }
`;
  assertErrors(text, [
    { at: '5:9', message: /brackets of w\[1-3\]/, cure: /quote it: "w\[1-3\]"/ },
    { at: '9:21', message: /brackets of w\[1-3\]/, cure: /quote it: "w\[1-3\]"/ },
    { at: '9:57', path: 'layers[0].services.web.tris', message: /unknown key "tris"/, cure: /did you mean "tries"/ },
  ]);
});

test('a tab as indentation is pointed out', () => {
  assertErrors('name: c\nhosts:\n\tw1:\n', [{ at: '3:1', message: /a tab indents/, cure: /spaces/ }]);
});

test('a key written twice is pointed out at the second', () => {
  assertErrors(withServices(WEB, WEB), [{ at: '8:7', message: /"web" is written twice/, cure: /keep one/ }]);
});

test('a custom tag is refused', () => {
  assertErrors(withServices('web: { hosts: w1, unit: !secret web, healthy: "true" }'), [
    { at: '7:31', message: /tag means nothing/, cure: /remove/ },
  ]);
});

test('a second document is refused', () => {
  const text = `${withServices(WEB)}---\nname: d\n`;
  assertErrors(text, [{ at: '8:1', message: /second document/, cure: /---/ }]);
});

test('an alias that leads nowhere is told to be quoted', () => {
  assertErrors(withServices('web: { hosts: w1, unit: web, healthy: *ok }'), [
    { at: '7:45', message: /\*ok leads nowhere/, cure: /quote/ },
  ]);
});

test('an alias bomb is a complaint, at once', () => {
  const rows = Array.from({ length: 30 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i},`.repeat(9)}]`);
  const started = performance.now();
  const said = complaintsAbout(`a0: &a0 [x]\n${rows.join('\n')}\n`);
  assert.ok(said.some(({ message }) => /aliases/.test(message)));
  assert.ok(performance.now() - started < 2000);
});

test('an alias to itself is a complaint', () => {
  assert.ok(complaintsAbout('name: &a [ *a ]\n').some(({ message }) => /without end|aliases/.test(message)));
});

test('nesting without end is a complaint', () => {
  assert.ok(complaintsAbout('['.repeat(100_000)).length > 0);
});

test('a file over 1 MB is a complaint', () => {
  assertErrors(`# ${'x'.repeat(1_000_001)}`, [{ at: '1:1', message: /larger than 1 MB/, cure: /right file/ }]);
});

test('a file of ninety thousand unknown keys gets few complaints, in time that grows with its length and not its square', () => {
  const cpuFor = (keys: number): number => {
    const text = Array.from({ length: keys }, (_, i) => `k${i}: 1`).join('\n');
    const before = process.cpuUsage();
    assert.ok(complaintsAbout(text).length <= 200, 'complaints are bounded');
    return process.cpuUsage(before).user;
  };
  cpuFor(9_000);
  const [short, long] = [cpuFor(9_000), cpuFor(90_000)];

  // Ten times as many keys: ten times the work, a hundred times if it were the square.
  assert.ok(long < short * 45, `${long} µs for ten times what took ${short} µs`);
});

test('a comment that cuts a command is found in every place where a command can stand', () => {
  const text = withServices(
    'web:',
    '  hosts: w1',
    '  process: web',
    '  start: /opt/web/start # port 80',
    '  stop:',
    '    run: /opt/web/stop #now',
    '  running: /opt/web/up # so',
    '  healthy:',
    '    - command: /opt/web/ok # fine',
    '    - /opt/web/ok2 # fine',
  );
  const cut = { message: /ends at the " #"/, cure: /quote the command/ };
  assertErrors(text, [
    { at: '10:16', path: 'layers[1].services.web.start', ...cut },
    { at: '12:16', path: 'layers[1].services.web.stop.run', ...cut },
    { at: '13:18', path: 'layers[1].services.web.running', ...cut },
    { at: '15:22', path: 'layers[1].services.web.healthy[0].command', ...cut },
    { at: '16:13', path: 'layers[1].services.web.healthy[1]', ...cut },
  ]);
});

test('an empty file and a file that is no map are complaints', () => {
  assert.equal(complaintsAbout('')[0]?.line, 1);
  assert.equal(complaintsAbout('just text')[0]?.column, 1);
});
