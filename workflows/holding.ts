import { ApplicationFailure, setHandler, workflowInfo } from '@temporalio/workflow';
import type { ClusterBrief } from '../activities/index.js';
import { expandHosts, expandInstances } from '../cluster/host-set.js';
import { instanceId, splitInstance } from '../cluster/model.js';
import type { Choice, Hold } from '../cluster/plan.js';
import type { Ledger } from './ledger.js';
import { decideUpdate, type DecideRequest, type OpenHold } from './messages.js';
import type { Teller } from './telling.js';
import { waitFor } from './timers.js';
import type { Waiter } from './waiting.js';

/** Parks a run for a person and takes the answer. */
export interface Holder {
  /**
   * Waits for the answer to a hold, for as long as it takes: no answer means stay safe (law 12).
   * @param isOver ends the wait without an answer, where a person had set a time for that.
   */
  ask(hold: Hold, isOver?: () => boolean): Promise<DecideRequest | null>;
  decisions(): string[];
}

/** Every choice there is; what fits a hold is in the hold itself. */
const CHOICES: readonly Choice[] = ['retry', 'extend', 'leave-out', 'confirm-off', 'skip', 'abort'];

export function createHolder(teller: Teller): Holder {
  let open: OpenHold | null = null;
  let answer: DecideRequest | null = null;
  let count = 0;
  const decisions: string[] = [];

  // Synchronous on purpose: a rejected promise would not refuse the update but wedge the run.
  const validate = (request: DecideRequest): void => {
    const refuse = (why: string): never => {
      throw ApplicationFailure.nonRetryable(why, 'Refused');
    };
    if (!open || answer) refuse('this run holds for nobody now; look at its status');
    if (typeof request !== 'object' || request === null) refuse('send {"hold","choice","by","reason"}');
    const known = open as OpenHold;
    if (request.hold !== known.id) refuse(`the hold waiting for an answer is ${known.id}, not ${String(request.hold)}`);
    if (!CHOICES.includes(request.choice)) refuse(`"choice" must be one of ${CHOICES.join(', ')}`);
    if (!known.choices.some((c) => c.choice === request.choice)) {
      refuse(`"${request.choice}" is no answer here; choose one of ${known.choices.map((c) => c.choice).join(', ')}`);
    }
    if (typeof request.by !== 'string' || ['', 'YOU'].includes(request.by.trim())) refuse('"by" must name who decides');
    if (typeof request.reason !== 'string' || ['', 'WHY'].includes(request.reason.trim()))
      refuse('"reason" must say why');
  };
  setHandler(
    decideUpdate,
    (request) => {
      answer = request;
      const text = `${request.by} decided ${request.choice}: ${request.reason}`;
      decisions.push(text);
      teller.event(text);
      return { accepted: text };
    },
    {
      validator: validate,
      description:
        'Answer a hold: {"hold":"ID","choice":"retry|extend|leave-out|confirm-off|skip|abort","by":"YOU","reason":"WHY"}',
    },
  );

  return {
    ask: async (hold, isOver = () => false) => {
      count++;
      answer = null;
      // The run id binds an answer to this very run: after a Reset old answers fit no more. Its end, since run ids begin
      // with the time and those of one minute begin alike.
      open = { ...hold, id: `${workflowInfo().runId.slice(-8)}-${count}`, since: new Date().toISOString() };
      teller.holds(open);
      teller.event(`holds: ${hold.why}`);
      // A timer nobody waits for: without it the timeline of a run that holds for hours shows nothing at all.
      while (
        !(await waitFor(() => answer !== null || isOver(), '365 days', `HOLDS for a person: ${hold.why}`.slice(0, 190)))
      );
      open = null;
      teller.holds(null);
      return answer as DecideRequest | null;
    },
    decisions: () => [...decisions],
  };
}

/** Writes a person's answer into the ledger. `abort` is the runbook's own affair. */
export function applyDecision(choice: Choice, hold: Hold, brief: ClusterBrief, ledger: Ledger, waiter: Waiter): void {
  const instances = hold.items.flatMap((item) => expandInstances(item.instances));
  const services = [...new Set(hold.items.map((item) => item.service))];
  const unreachable = hold.items.filter((item) => item.silent).flatMap((item) => expandInstances(item.instances));
  const hosts = [...new Set(unreachable.map((id) => splitInstance(id).host))];
  switch (choice) {
    case 'retry':
      ledger.retry(hold.items);
      waiter.restart(instances, services);
      return;
    case 'extend':
      ledger.extend(hold.items);
      waiter.restart(instances, services);
      return;
    case 'leave-out':
      // A host nobody can ask is left out whole; a sick instance alone.
      ledger.leaveOut([...instances, ...everythingOn(hosts, brief)]);
      return;
    case 'confirm-off':
      ledger.confirmOff(hosts);
      return;
    case 'skip':
      if (hold.heals === true) {
        ledger.asIs(false);
        return;
      }
      // A verb done once is waived by itself; the service is still to be stopped or started.
      ledger.waive(hold.items.flatMap((item) => item.once ?? []));
      ledger.skip(hold.items.filter((item) => !item.once).map((item) => item.service));
      return;
    case 'abort':
      return;
  }
}

function everythingOn(hosts: readonly string[], brief: ClusterBrief): string[] {
  return brief.layers
    .flatMap((layer) => layer.services)
    .flatMap((service) => expandHosts(service.hosts).map((host) => instanceId(service.name, host)))
    .filter((id) => hosts.includes(splitInstance(id).host));
}
