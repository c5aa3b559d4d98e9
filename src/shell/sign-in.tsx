/** Where a 401 leads: the console prints its link when it starts; whoever has the link or the token comes in. */

import { useNavigate } from 'react-router';
import { describeError } from '#src/api/errors.ts';
import { queryClient } from '#src/api/query-client.ts';
import { NotLetIn, openSession, type RefusedBecause } from '#src/api/session.ts';
import { useChange } from '#src/api/use-change.ts';
import { arrival, type LinkFate } from '#src/lib/arrival.ts';
import { Form } from '#src/parts/form/form.tsx';
import { useForm } from '#src/parts/form/use-form.ts';
import { Button } from '#src/ui/button.tsx';
import { Field } from '#src/ui/field.tsx';
import { Mono } from '#src/ui/mono.tsx';
import { Brand } from './brand.tsx';

/** The token in what was pasted: the link that was printed, or the token alone. */
export function tokenIn(pasted: string): string {
  const text = pasted.trim();
  try {
    return new URL(text).searchParams.get('token') ?? '';
  } catch {
    return text;
  }
}

const HEADS: Record<LinkFate, string> = {
  used: 'This link has been used',
  'too-old': 'This link has expired',
  ended: 'This link is from before a restart',
  unknown: 'The console does not know this link',
  'too-many': 'Too many wrong tokens came from this address',
  elsewhere: 'Press Enter to sign in',
};

const WHYS: Record<LinkFate, string> = {
  used: 'A link signs in one browser, once.',
  'too-old': 'A link is valid for 15 minutes.',
  ended: 'Links end when the console stops, and it has been restarted since.',
  unknown: 'It may have been cut off when it was copied.',
  'too-many': 'Wait a minute, then try again. A valid link or token is accepted at once.',
  elsewhere: 'You came from a link on another site, so the console did not use its token.',
};

/** What is said at the field of a token that was pasted. */
const FAULTS: Record<NonNullable<RefusedBecause>, string> = {
  used: 'This link has been used: it signs in one browser, once.',
  'too-old': 'This link has expired: it is valid for 15 minutes.',
  ended: 'This link was created before the console was restarted.',
  unknown: 'The console does not know this token.',
};

export function SignIn() {
  const { fate, token } = arrival;
  const navigate = useNavigate();
  const enter = useChange({
    does: openSession,
    after: () => {
      queryClient.clear();
      return navigate('/', { replace: true });
    },
  });
  const form = useForm({
    initial: { pasted: token },
    saving: enter,
    check: ({ pasted }) => ({ pasted: tokenIn(pasted) === '' && { message: 'This link holds no token.' } }),
    unsaved: null,
  });
  return (
    <div className="gate">
      <header>
        <Brand />
      </header>
      <main>
        <h1>{fate === null ? 'Open the link that npm start printed' : HEADS[fate]}</h1>
        <p className="muted">
          {fate !== null && `${WHYS[fate]} `}
          {fate === null && (
            <>
              This console requires sign-in. When it starts, it prints a link with a token in its terminal:
              open that link here, or paste it. A fixed token is in <Mono>TRICORDER_TOKEN</Mono>.
            </>
          )}
        </p>
        {fate !== 'elsewhere' && <Ways first={fate === null} />}
        <Form of={form} className="gate-form" onSubmit={({ pasted }) => enter.run(tokenIn(pasted))}>
          <Field
            label="Link or token"
            mono
            {...form.text('pasted')}
            onChange={(event) => {
              form.set({ pasted: event.target.value });
              enter.reset();
            }}
            autoFocus
            autoComplete="off"
            spellCheck={false}
            error={form.errorOf('pasted') ?? faultOf(enter.error)}
          />
          <Button look="primary" type="submit" busy={enter.pending}>
            Enter
          </Button>
        </Form>
      </main>
    </div>
  );
}

function faultOf(error: unknown): { message: string; remedy?: string | null } | null {
  if (error === null) return null;
  if (error instanceof NotLetIn && error.because !== null) {
    const remedy =
      error.because === 'unknown' ? 'Copy all of it again.' : 'Get another in one of the ways above.';
    return { message: FAULTS[error.because], remedy };
  }
  const { message, remedy } = describeError(error);
  return { message, remedy };
}

/** How one comes to a link without starting the console again. `first`: the one that it printed may still be there. */
function Ways({ first }: { first: boolean }) {
  return (
    <>
      <p className="muted gate-ways">
        {first ? 'Has the link been used, or expired? To get another:' : 'To get another:'}
      </p>
      <ul className="muted gate-list">
        <li>in a browser that is signed in: Settings, Sign in another browser</li>
        <li>in the terminal of the console: press Enter</li>
        <li>
          on its machine, while it runs: <Mono>npm start -- --new-link</Mono>, with its{' '}
          <Mono>--data-dir</Mono> if it has one
        </li>
      </ul>
    </>
  );
}
