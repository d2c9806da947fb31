import type { Connection } from '@temporalio/client';

/** Search attributes a run sets where the server knows them; all of Temporal's type Keyword. */
export const SEARCH_ATTRIBUTES = ['BlackstartCluster', 'BlackstartRunbook', 'BlackstartPhase'];

/**
 * Which search attributes the server lacks, as the exact lines that create them. Runs work without: an attribute the
 * server does not know would make every workflow task fail for ever.
 */
export async function missingSearchAttributes(connection: Connection, namespace: string): Promise<string[]> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  return SEARCH_ATTRIBUTES.filter((name) => customAttributes[name] === undefined).map(
    (name) => `temporal operator search-attribute create --namespace ${namespace} --name ${name} --type Keyword`,
  );
}
