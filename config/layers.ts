import type { Layer } from '../cluster/model.js';
import { checkCycles } from './cycles.js';
import { withEdges } from './edges.js';
import type { FieldPath } from './field-path.js';
import type { HostTable } from './hosts.js';
import type { Report } from './report.js';
import { layerOutline } from './schema-file.js';
import { word } from './schema-texts.js';
import { stopNeedsOf } from './stop-needs.js';
import { readService, type ReadService } from './service.js';
import { checkShape } from './shape.js';

interface ReadLayer {
  readonly name: string;
  readonly path: FieldPath;
  readonly names: readonly string[];
  readonly services: readonly ReadService[];
}

/** Reads `layers:`. The layers are complete only where the report stayed clean. */
export function readLayers(
  section: readonly unknown[],
  table: HostTable,
  report: Report,
): { layers: Layer[]; services: ReadService[] } {
  const read = section.map((value, i) => readLayer(value, ['layers', i], table, report));
  checkNames(read, report);
  const names = read.map((layer) => layer.names);
  const layers = read.map(({ name, path, services }, i) => {
    const edged = withEdges(services, i, names, report).map((service) => {
      const from = services.find((other) => other.name === service.name);
      const all = read.map((other) => other.services);
      return from ? { ...service, stopNeeds: stopNeedsOf(from, i, all, names, report) } : service;
    });
    const layer = { name, services: edged };
    checkCycles(layer, path, report);
    return layer;
  });
  return { layers, services: read.flatMap((layer) => layer.services) };
}

function readLayer(value: unknown, path: FieldPath, table: HostTable, report: Report): ReadLayer {
  const outline = checkShape(layerOutline, value, path, report);
  const section = servicesIn(value);
  const names = Object.keys(section);
  if (outline && names.length === 0) {
    report.error([...path, 'services'], 'key', `layer ${outline.name} has no service`, 'add one, or remove the layer');
  }
  const services = Object.entries(section).flatMap(([name, service]) => {
    const at = [...path, 'services', name];
    if (!word.safeParse(name).success) {
      report.error(at, 'key', `"${name}" is no name for a service`, 'use letters, digits, ".", "_" and "-"');
    }
    return readService(name, service, at, table, report) ?? [];
  });
  return { name: outline?.name ?? '', path, names, services };
}

/** The services of a layer even where something else is wrong with the layer. */
function servicesIn(layer: unknown): Readonly<Record<string, unknown>> {
  if (typeof layer !== 'object' || layer === null || !('services' in layer)) return {};
  const { services } = layer;
  if (typeof services !== 'object' || services === null || Array.isArray(services)) return {};
  return services as Readonly<Record<string, unknown>>;
}

/** Names are how people and runs speak about layers and services: each must mean one thing. */
function checkNames(layers: readonly ReadLayer[], report: Report): void {
  const layerNames = new Set<string>();
  const serviceNames = new Map<string, string>();
  for (const { name, path, names } of layers) {
    if (name !== '' && layerNames.has(name)) {
      report.error([...path, 'name'], 'value', `there are two layers "${name}"`, 'give each its own name');
    }
    layerNames.add(name);
    for (const service of names) {
      const first = serviceNames.get(service);
      if (first !== undefined) {
        const message = `there is a service "${service}" in layer ${first} already`;
        report.error([...path, 'services', service], 'key', message, 'give each its own name, and say its `kind`');
      } else serviceNames.set(service, name);
    }
  }
}
