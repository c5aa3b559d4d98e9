import { Monitor, Moon, Sun } from 'lucide-react';
import { setTheme, type Theme, useTheme } from '#src/lib/theme.ts';
import { Icon } from '#src/ui/icon.tsx';
import { tipInside } from '#src/ui/tooltip.ts';

const THEMES: { theme: Theme; label: string; icon: typeof Sun }[] = [
  { theme: 'light', label: 'Light', icon: Sun },
  { theme: 'dark', label: 'Dark', icon: Moon },
  { theme: 'system', label: 'As the system', icon: Monitor },
];

export function ThemeSwitch() {
  const chosen = useTheme();
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset has a frame and a legend that this row of toggles has not
    <div className="themes" role="group" aria-label="Theme">
      {THEMES.map(({ theme, label, icon }) => (
        <button
          key={theme}
          type="button"
          aria-label={label}
          {...tipInside(label)}
          aria-pressed={chosen === theme}
          onClick={() => setTheme(theme)}
        >
          <Icon of={icon} />
        </button>
      ))}
    </div>
  );
}
