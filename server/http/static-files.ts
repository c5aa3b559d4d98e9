/**
 * The built page, held in memory: a request names one of the files that were there at the start, so no path leads
 * anywhere else. Compressed once, when first asked for.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, gzip } from 'node:zlib';

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
};
const COMPRESSED = new Set(['.html', '.js', '.css', '.json', '.svg', '.txt', '.webmanifest']);

interface StaticFile {
  body: Buffer;
  type: string;
  etag: string;
  /** Vite puts a hash of the content into these names. */
  immutable: boolean;
  compressible: boolean;
  br?: Promise<Buffer>;
  gzip?: Promise<Buffer>;
}

export class StaticFiles {
  readonly #files: ReadonlyMap<string, StaticFile>;
  readonly #headers: Record<string, string>;

  private constructor(files: Map<string, StaticFile>) {
    this.#files = files;
    this.#headers = securityHeaders(files.get('/index.html')?.body.toString('utf8') ?? '');
  }

  /** Reads all files below `folder`; a folder that is not there gives none. */
  static async load(folder: string): Promise<StaticFiles> {
    const files = new Map<string, StaticFile>();
    const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      if (!entry.isFile()) continue;
      const file = join(entry.parentPath, entry.name);
      const path = `/${relative(folder, file).split(sep).join('/')}`;
      const body = await readFile(file);
      const kind = extname(entry.name);
      files.set(path, {
        body,
        type: TYPES[kind] ?? 'application/octet-stream',
        etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`,
        immutable: path.startsWith('/assets/'),
        compressible: COMPRESSED.has(kind) && body.length > 1024,
      });
    }
    return new StaticFiles(files);
  }

  get hasPage(): boolean {
    return this.#files.has('/index.html');
  }

  /** Null when there is no such file. */
  async file(path: string, request: Request): Promise<Response | null> {
    const file = path === '/index.html' ? undefined : this.#files.get(path);
    return file === undefined ? null : this.#answer(file, request, 200);
  }

  /**
   * The page, for every path that is no file: it reads the path itself. `link`: what became of the link that it was opened
   * by, told to the page in a meta element.
   */
  async page(request: Request, status = 200, link?: string): Promise<Response> {
    const index = this.#files.get('/index.html');
    if (index === undefined) {
      return new Response(
        'The page is not built. Run `npm run build` and start again. The API is at /api/v1.\n',
        {
          status: status === 200 ? 503 : status,
          headers: { 'content-type': 'text/plain; charset=utf-8', ...this.#headers },
        },
      );
    }
    if (link === undefined) return this.#answer(index, request, status);
    const told = index.body
      .toString('utf8')
      .replace('<title>', `<meta name="tricorder-link" content="${link}"><title>`);
    return new Response(told, {
      status,
      headers: { ...this.#headers, 'content-type': index.type, 'cache-control': 'no-store' },
    });
  }

  async #answer(file: StaticFile, request: Request, status: number): Promise<Response> {
    const headers: Record<string, string> = {
      ...this.#headers,
      'content-type': file.type,
      'cache-control': file.immutable ? 'public, max-age=31536000, immutable' : 'no-cache',
      etag: file.etag,
      vary: 'accept-encoding',
    };
    if (status === 200 && request.headers.get('if-none-match') === file.etag) {
      return new Response(null, { status: 304, headers });
    }
    const accepted = request.headers.get('accept-encoding') ?? '';
    let body = file.body;
    if (file.compressible && /\bbr\b/.test(accepted)) {
      file.br ??= promisify(brotliCompress)(file.body);
      body = await file.br;
      headers['content-encoding'] = 'br';
    } else if (file.compressible && /\bgzip\b/.test(accepted)) {
      file.gzip ??= promisify(gzip)(file.body, { level: 9 });
      body = await file.gzip;
      headers['content-encoding'] = 'gzip';
    }
    headers['content-length'] = String(body.length);
    return new Response(request.method === 'HEAD' ? null : new Uint8Array(body), { status, headers });
  }
}

/** Scripts, styles and connections from here only; scripts that stand in the page itself are let in by their hash. */
function securityHeaders(page: string): Record<string, string> {
  const inline = [...page.matchAll(/<script>([\s\S]*?)<\/script>/g)].map(
    (match) =>
      `'sha256-${createHash('sha256')
        .update(match[1] as string)
        .digest('base64')}'`,
  );
  const policy = [
    "default-src 'none'",
    ["script-src 'self'", ...inline].join(' '),
    "style-src 'self'",
    // Charts set the style of elements they draw; that runs nothing.
    "style-src-attr 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self' data:",
    "connect-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ];
  return {
    'content-security-policy': policy.join('; '),
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
  };
}
