import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import yargs from 'yargs';
import { workerCommand } from '../../../../src/cli/study/worker.ts';
import { readQueueLocation } from '../../../../src/study/io/queue/queue-location.ts';

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly spec?: { readonly template?: { readonly spec: { readonly containers: readonly Container[] } } };
}

interface Container {
  readonly args: readonly string[];
  readonly env: readonly { readonly name: string; readonly value?: string }[];
}

const manifests = parseAllDocuments(readFileSync('docs/scale-out/kubernetes.yaml', 'utf8')).map(
  (document) => document.toJS() as Manifest,
);

type Model = new (data: unknown) => { validate(): void };

/** The schema of Kubernetes' own API description for this kind. */
async function validate(manifest: Manifest): Promise<void> {
  const models = (await import(`kubernetes-models/${manifest.apiVersion}`)) as Readonly<Record<string, Model>>;
  new models[manifest.kind]!(manifest).validate();
}

describe('the example for Kubernetes', () => {
  test.each(manifests.map((manifest) => [manifest.kind, manifest] as const))(
    'fits the schema of a %s',
    async (_, manifest) => {
      await validate(manifest);
    },
  );

  test('would be refused with a mistake in it', async () => {
    const deployment = manifests.find(({ kind }) => kind === 'Deployment')!;
    const broken = { ...deployment, spec: { ...deployment.spec, replicas: 'eight' } } as unknown as Manifest;
    await expect(validate(broken)).rejects.toThrow(/replicas/);
  });

  test('starts a worker with flags that it has, a usable queue and no password in sight', async () => {
    const [worker] = manifests.find(({ kind }) => kind === 'Deployment')!.spec!.template!.spec.containers;
    const flags = await workerCommand.build(yargs(worker!.args.slice(1)).strict()).parseAsync();
    expect(worker!.args[0]).toBe('worker');
    expect(flags).toMatchObject({ workers: 2, drain: 45 });
    expect(readQueueLocation(String(flags['queue']))).toMatchObject({
      schema: 'paretune',
      shown: 'postgres:5432/paretune',
    });
    const [coordinator] = manifests.find(({ kind }) => kind === 'Job')!.spec!.template!.spec.containers;
    expect(readQueueLocation(coordinator!.env.find(({ name }) => name === 'QUEUE')!.value!).shown).toBe(
      'postgres:5432/paretune',
    );
  });
});
