import { test } from 'node:test';
import { assertErrors, assertWarning, withServices } from './helper.js';

const LAYERS = `layers:
  - name: one
    services:
      web: { hosts: w1, unit: web, healthy: 'true' }
`;
const withHosts = (hosts: string): string => `name: c\nhosts:\n${hosts}${LAYERS}`;

test('an unknown host is told with the one that was meant', () => {
  assertErrors(withServices('web: { hosts: w99, unit: web, healthy: "true" }'), [
    { at: '7:21', path: 'layers[1].services.web.hosts', message: /no host "w99"/, cure: /did you mean "w9"/ },
  ]);
});

test('unknown hosts of one set are told together, also among spares', () => {
  assertErrors(withServices('web: { hosts: "w[8-12]", spares: m1, unit: web, healthy: "true" }'), [
    { at: '7:21', message: /no hosts "w\[10-12\]"/, cure: /did you mean/ },
    { at: '7:40', path: 'layers[1].services.web.spares', message: /no host "m1"/, cure: /did you mean|declare it/ },
  ]);
});

test('a host declared twice is told at the second place', () => {
  assertErrors(withHosts('  w[1-3]:\n  w[3-4]:\n'), [
    { at: '4:3', path: 'hosts.w[3-4]', message: /w3 is declared twice, first by w\[1-3\]/, cure: /once/ },
  ]);
});

test('ranges of different length are told with both lengths', () => {
  assertErrors(withHosts('  w[1-3]: 10.0.0.[1-4]\n'), [
    { at: '3:11', path: 'hosts.w[1-3]', message: /3 hosts but 4 addresses/, cure: /same length/ },
  ]);
});

test('a bad range is told where it stands, and no service is blamed for it', () => {
  assertErrors(withHosts('  w[9-1]:\n'), [{ at: '3:3', message: /runs backwards/, cure: /1-9/ }]);
});

test('a bad address, port or login is told', () => {
  assertErrors(withHosts('  w1: 10.0.0.1:99999\n  w2: { port: 0 }\n  w3: { user: "a b" }\n  w4: 5\n  w5: "a b"\n'), [
    { at: '3:7', message: /"10.0.0.1:99999" is no address/, cure: /10.0.0.1:2222/ },
    { at: '4:15', path: 'hosts.w2.port', message: /must be a port, not 0/, cure: /1 to 65535/ },
    { at: '5:15', path: 'hosts.w3.user', message: /login/, cure: /name/ },
    { at: '6:7', message: /must be an address/, cure: /10.0.0/ },
    { at: '7:7', message: /"a b" is no host name/, cure: /letters/ },
  ]);
});

test('hosts written as a list are a mistake, and no service is blamed for it', () => {
  assertErrors(`name: c\nhosts: [ w1 ]\n${LAYERS}`, [{ at: '2:8', message: /must be a map/, cure: /name: value/ }]);
});

test('racks: an unequal list, an unknown host, a host in two racks, a rack declared twice', () => {
  const racks = `racks:
  r[1-2]: [w1]
  r3: x1
  r4: w1
  r5: [w1]
  r4: w1
  "r[3-4]": [w1, w2]
`;
  assertErrors(`name: c\nhosts:\n  w[1-2]:\n${racks}${LAYERS}`, [
    { at: '5:11', path: 'racks.r[1-2]', message: /2 racks but 1 host set/, cure: /each rack/ },
    { at: '6:7', path: 'racks.r3', message: /no host "x1"/, cure: /did you mean "w1"/ },
    { at: '8:8', path: 'racks.r5[0]', message: /w1 is in rack r4 already/, cure: /one rack/ },
    { at: '9:3', message: /"r4" is written twice/, cure: /keep one/ },
    { at: '10:3', path: 'racks.r[3-4]', message: /rack r3 is declared twice/, cure: /once/ },
    { at: '10:14', path: 'racks.r[3-4][0]', message: /w1 is in rack r4 already/, cure: /one rack/ },
  ]);
});

test('a host that no service uses is a warning, the jump host is not', () => {
  assertWarning(`name: c\nssh: { jump: bastion }\nhosts:\n  w[1-3]:\n  bastion:\n${LAYERS}`, {
    at: '4:3',
    path: 'hosts.w[1-3]',
    message: /no service uses w\[2-3\]/,
    cure: /remove it/,
  });
});
