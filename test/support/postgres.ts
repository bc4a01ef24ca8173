import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';

const DEBIAN = '/usr/lib/postgresql';
export const PASSWORD = 'not-a-secret';

/** Folder of PostgreSQL's programs; null where it is not installed. */
export function postgresPrograms(): string | null {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [
    ...versions.map((version) => join(DEBIAN, version, 'bin')),
    ...(process.env['PATH'] ?? '').split(':'),
  ];
  return folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres'))) ?? null;
}

/** Says once why tests of the queue cannot run here. In CI that is a failure: there the package is installed. */
export function hasPostgres(): boolean {
  if (postgresPrograms() !== null) return true;
  const reason = 'PostgreSQL is not installed: apt-get install postgresql';
  if (process.env['CI'] === 'true') throw new Error(`tests of the queue cannot run: ${reason}`);
  console.warn(`tests of the queue are left out: ${reason}`);
  return false;
}

/** PostgreSQL in a temporary folder, as an unprivileged user, with passwords asked for. */
export class TestPostgres {
  readonly folder: string;
  readonly port: number;
  readonly #owner: { readonly uid?: number; readonly gid?: number };
  readonly #programs: string;
  readonly #settings: readonly string[];
  #server: ChildProcess | null = null;

  private constructor(folder: string, port: number, settings: readonly string[]) {
    this.folder = folder;
    this.port = port;
    this.#programs = postgresPrograms()!;
    this.#settings = settings;
    this.#owner = process.getuid?.() === 0 ? ownerIds() : {};
  }

  /** @param settings - more of the server, `name=value` */
  static async start(
    settings: readonly string[] = [],
    folder = mkdtempSync(join(tmpdir(), 'queue-')),
  ): Promise<TestPostgres> {
    const server = new TestPostgres(folder, await freePort(), settings);
    const { uid, gid } = server.#owner;
    chmodSync(folder, 0o755);
    if (uid !== undefined) chownSync(folder, uid, gid!);
    const passwordFile = join(folder, 'password');
    writeFileSync(passwordFile, PASSWORD);
    const args = [
      '-D',
      server.data,
      '-U',
      'owner',
      '--auth=scram-sha-256',
      `--pwfile=${passwordFile}`,
      '--no-sync',
      '-E',
      'UTF8',
      '--locale=C',
    ];
    execFileSync(join(server.#programs, 'initdb'), args, { ...server.#owner, cwd: folder, stdio: 'pipe' });
    await server.up();
    await server.query('CREATE DATABASE queue', 'postgres');
    return server;
  }

  get data(): string {
    return join(this.folder, 'data');
  }

  /** Without a password: that comes from the environment. */
  url(user = 'owner', query = ''): string {
    return `postgres://${user}@127.0.0.1:${this.port}/queue${query}`;
  }

  async up(): Promise<void> {
    const settings = [
      `port=${this.port}`,
      'listen_addresses=127.0.0.1',
      `unix_socket_directories=${this.folder}`,
      ...this.#settings,
    ];
    const args = ['-D', this.data, ...settings.flatMap((setting) => ['-c', setting])];
    this.#server = spawn(join(this.#programs, 'postgres'), args, { ...this.#owner, cwd: this.folder, stdio: 'ignore' });
    for (let tries = 0; ; tries++) {
      try {
        await this.query('SELECT 1', 'postgres');
        return;
      } catch (error) {
        if (tries > 200) throw error;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  }

  /** As an administrator would (`fast`), or as a crash does (`immediate`). */
  async down(how: 'fast' | 'immediate' = 'fast'): Promise<void> {
    const server = this.#server;
    if (server === null) return;
    this.#server = null;
    const ended = new Promise((resolve) => server.once('exit', resolve));
    server.kill(how === 'fast' ? 'SIGINT' : 'SIGQUIT');
    await ended;
  }

  async remove(): Promise<void> {
    await this.down('immediate');
    rmSync(this.folder, { recursive: true, force: true });
  }

  async query<T extends pg.QueryResultRow>(text: string, database = 'queue'): Promise<readonly T[]> {
    const client = new pg.Client({ host: '127.0.0.1', port: this.port, user: 'owner', password: PASSWORD, database });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return (await client.query<T>(text)).rows;
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}

/** PostgreSQL refuses to run as root. */
function ownerIds(): { readonly uid: number; readonly gid: number } {
  const id = (flag: string): number => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

async function freePort(): Promise<number> {
  return await new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { readonly port: number };
      server.close(() => resolve(port));
    });
  });
}
