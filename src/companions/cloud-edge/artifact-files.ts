import { closeSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { onDisk } from '../../base/disk-error.ts';
import {
  type ArtifactKind,
  artifactHeader,
  artifactKinds,
  artifactName,
  artifactRows,
  type ExperimentRun,
} from '../../simulators/cloud-edge/artifacts.ts';
import type { CloudEdgeConfig } from '../../simulators/cloud-edge/config-schema.ts';
import { makeFolder } from '../../study/io/text-file.ts';

/** CSV files that grow run by run under a draft name and appear whole. */
export class ArtifactFiles {
  readonly names: readonly string[];
  readonly #kinds: readonly ArtifactKind[];
  readonly #descriptors: number[] = [];

  constructor(folder: string, config: CloudEdgeConfig) {
    this.#kinds = artifactKinds(config);
    this.names = this.#kinds.map((kind) => join(folder, artifactName(kind, config)));
    try {
      makeFolder(folder);
      for (const [i, name] of this.names.entries()) {
        this.#descriptors.push(onDisk(name, 'written', () => openSync(`${name}.part`, 'w')));
        this.#write(i, artifactHeader(this.#kinds[i]!));
      }
    } catch (error) {
      this.discard();
      throw error;
    }
  }

  append(run: ExperimentRun): void {
    for (const [i, kind] of this.#kinds.entries()) this.#write(i, artifactRows(kind, run));
  }

  finish(): void {
    for (const descriptor of this.#descriptors.splice(0)) closeSync(descriptor);
    for (const name of this.names) renameSync(`${name}.part`, name);
  }

  discard(): void {
    const begun = this.#descriptors.splice(0);
    for (const descriptor of begun) closeSync(descriptor);
    for (const name of this.names.slice(0, begun.length)) rmSync(`${name}.part`, { force: true });
  }

  #write(index: number, text: string): void {
    const bytes = Buffer.from(text);
    onDisk(this.names[index]!, 'written', () => {
      for (let offset = 0; offset < bytes.length; ) offset += writeSync(this.#descriptors[index]!, bytes, offset);
    });
  }
}
