import type { MiddlewareHandler } from 'hono';

const HOSTS = ['127.0.0.1', 'localhost', '[::1]'];

/**
 * Lets through what a page of this server asks for, and nothing else: a name that points here (DNS rebinding) fails by
 * its Host, a page of another origin by its Origin, every method but GET by itself.
 */
export function guard(): MiddlewareHandler {
  return async (context, next) => {
    const host = context.req.header('host') ?? '';
    const origin = context.req.header('origin');
    const site = context.req.header('sec-fetch-site');
    const known = HOSTS.includes(host.replace(/:\d+$/, ''));
    if (!known || (origin !== undefined && origin !== `http://${host}`) || site === 'cross-site')
      return context.text('refused: this server answers pages of its own on this machine only\n', 403);
    if (context.req.method !== 'GET' && context.req.method !== 'HEAD') return context.text('read only\n', 405);
    await next();
    context.header('X-Content-Type-Options', 'nosniff');
    context.header('Referrer-Policy', 'no-referrer');
    context.header('Cross-Origin-Resource-Policy', 'same-origin');
    context.header('Cross-Origin-Opener-Policy', 'same-origin');
    context.header('Cache-Control', 'no-store');
    return undefined;
  };
}
