import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { bundleWorkflowCode, DefaultLogger, type WorkflowBundleOption } from '@temporalio/worker';

const PREBUILT = fileURLToPath(new URL('./workflow-bundle.js', import.meta.url));

/** Bundles the workflows as they stand; a few seconds of webpack. */
export async function bundleWorkflows(): Promise<{ code: string }> {
  return bundleWorkflowCode({
    workflowsPath: workflowFile('index'),
    workflowInterceptorModules: [workflowFile('interceptors')],
    logger: new DefaultLogger('WARN'),
  });
}

/** A file of `workflows/`, as source in a checkout, as built where only that is at hand. */
function workflowFile(name: string): string {
  const source = new URL(`../workflows/${name}.ts`, import.meta.url);
  return fileURLToPath(existsSync(source) ? source : new URL(`../workflows/${name}.js`, import.meta.url));
}

/** The bundle made by `npm run build` where there is one, so that a worker starts at once and from checked code. */
export async function workflowBundle(): Promise<WorkflowBundleOption> {
  return existsSync(PREBUILT) ? { codePath: PREBUILT } : bundleWorkflows();
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { code } = await bundleWorkflows();
  await writeFile(PREBUILT, code);
}
