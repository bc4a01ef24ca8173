/** Why a request over HTTP got no answer: of fetch, which tells it in the cause alone, or of Node's own client. */
export function fetchFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? error.cause : error;
  // Several addresses tried one after the other leave an error without a text of its own.
  const { errors, code } = cause as { readonly errors?: readonly Error[]; readonly code?: string };
  return cause.message || errors?.map(({ message }) => message).join('; ') || (code ?? 'unknown');
}
