import { InputError } from './errors.ts';

export type DiskAction = 'read' | 'written';

/** What the codes of the file system mean to a user. */
const MEANINGS: Readonly<Record<string, string>> = {
  EACCES: 'no permission',
  EDQUOT: 'the quota is used up',
  EEXIST: 'a file is in the way',
  EFBIG: 'too large for this file system',
  EIO: 'the disk reports an error',
  ELOOP: 'symbolic links are not followed here',
  EMFILE: 'too many open files',
  ENAMETOOLONG: 'the name is too long',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'a part of the path is a file',
  EPERM: 'no permission',
  EROFS: 'the disk is read-only',
  ETXTBSY: 'a program is running from it',
};

/** Runs `body`; what the file system refuses in it is the user's choice of file. @throws InputError with the reason */
export function onDisk<T>(file: string, action: DiskAction, body: () => T): T {
  try {
    return body();
  } catch (error) {
    throw diskError(error, action, file) ?? error;
  }
}

/** A refusal of the file system as an InputError; null for anything else. @param file - default: the path in the error */
export function diskError(error: unknown, action: DiskAction | null, file?: string): InputError | null {
  if (!(error instanceof Error)) return null;
  const { code, syscall, path } = error as { readonly code?: unknown; syscall?: unknown; path?: unknown };
  if (code === 'ERR_INVALID_ARG_VALUE' && error.message.includes('null bytes')) {
    return new InputError('a path must not hold a null character');
  }
  if (typeof code !== 'string' || typeof syscall !== 'string' || !/^E[A-Z0-9]+$/.test(code)) return null;
  const place = file ?? (typeof path === 'string' ? path : undefined);
  return new InputError(refusal(code, action), {
    ...(place === undefined ? {} : { position: { file: place === '' ? '""' : place } }),
    suggestion: code === 'ENOSPC' || code === 'EDQUOT' ? 'make room and try again' : 'check the path',
  });
}

function refusal(code: string, action: DiskAction | null): string {
  if (code === 'EISDIR') return 'is a folder, a file is needed';
  if (code === 'ENOENT' && action === 'read') return 'file not found';
  const meaning = MEANINGS[code];
  return `cannot be ${action ?? 'used'} (${code}${meaning === undefined ? '' : `: ${meaning}`})`;
}
