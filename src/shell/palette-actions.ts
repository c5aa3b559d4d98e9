/** What the palette does that belongs to no thing: doors to new clusters, and how this page is shown. */
import { Clipboard, Clock, FlaskConical, Monitor, Moon, Plug, ServerCog, Sun } from 'lucide-react';
import { setZone } from '#src/lib/clock.ts';
import { paths } from '#src/lib/paths.ts';
import { setTheme } from '#src/lib/theme.ts';
import { sayToast } from '#src/lib/toasts.ts';
import type { PaletteItem } from './palette-items.ts';

const THEME = 'theme colours appearance';
const ZONE = 'time zone timezone clock';

const all: Omit<PaletteItem, 'group'>[] = [
  {
    id: 'sandbox',
    text: 'Make a sandbox…',
    words: 'new cluster try demo',
    icon: FlaskConical,
    to: paths.clusters,
  },
  {
    id: 'servers',
    text: 'Deploy on servers…',
    words: 'new cluster create',
    icon: ServerCog,
    to: paths.newDeploy,
  },
  { id: 'connect', text: 'Connect a cluster…', words: 'add watch DSN', icon: Plug, to: paths.clusters },
  { id: 'light', text: 'Use the light theme', words: THEME, icon: Sun, run: () => setTheme('light') },
  { id: 'dark', text: 'Use the dark theme', words: THEME, icon: Moon, run: () => setTheme('dark') },
  {
    id: 'system',
    text: "Use the system's theme",
    words: THEME,
    icon: Monitor,
    run: () => setTheme('system'),
  },
  { id: 'utc', text: 'Show times in UTC', words: ZONE, icon: Clock, run: () => setZone('utc') },
  { id: 'local', text: 'Show times in local time', words: ZONE, icon: Clock, run: () => setZone('local') },
  {
    id: 'copy',
    text: 'Copy the address of this page',
    words: 'link URL share',
    icon: Clipboard,
    run: () =>
      void navigator.clipboard
        .writeText(location.href)
        .then(() => sayToast({ text: 'The address of this page was copied' })),
  },
];

export const ACTIONS: PaletteItem[] = all.map((item) => ({ ...item, id: `do:${item.id}`, group: 'Do' }));
