/** The toasts that are there, in one region that is read out when one comes. */
import { useSyncExternalStore } from 'react';
import { Link } from 'react-router';
import { closeToast, onToasts, shownToasts } from '#src/lib/toasts.ts';
import { ArrowText } from '#src/ui/link-name.tsx';
import { ToastItem } from '#src/ui/toast.tsx';

export function Toaster() {
  const toasts = useSyncExternalStore(onToasts, shownToasts);
  return (
    <section className="toasts" role="status" aria-label="Done">
      {toasts.map(({ id, text, to, link = 'Show' }) => (
        <ToastItem
          key={id}
          text={<ArrowText>{text}</ArrowText>}
          link={
            to !== undefined && (
              <Link className="text-action" to={to} onClick={() => closeToast(id)}>
                {link}
              </Link>
            )
          }
          onClose={() => closeToast(id)}
        />
      ))}
    </section>
  );
}
