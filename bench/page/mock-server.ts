/** The production page and the mock world as processes and browser of their own. */
import { spawn } from 'node:child_process';
import { type Browser, chromium } from '@playwright/test';

export interface PageBench {
  url: string;
  browser: Browser;
  close(): Promise<void>;
}

/** Builds what is older than its sources, starts the mock world's server and a Chromium (CHROME_BIN, else Playwright's own). */
export async function openPageBench(): Promise<PageBench> {
  const child = spawn(process.execPath, ['scripts/mocks-serve.mjs'], {
    env: { ...process.env, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = await new Promise<string>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the mock world ended with ${code}`)));
    child.stdout?.on('data', (data) => {
      const found = /http:\/\/127\.0\.0\.1:\d+/.exec(String(data));
      if (found) resolve(found[0]);
    });
  });
  const browser = await chromium.launch({
    executablePath: process.env.CHROME_BIN || undefined,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--enable-precise-memory-info',
    ],
  });
  return {
    url,
    browser,
    close: async () => {
      await browser.close();
      child.kill('SIGTERM');
    },
  };
}
