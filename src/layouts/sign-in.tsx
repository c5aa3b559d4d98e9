/** Where a 401 leads: the console prints its link when it starts; whoever has the link or the token comes in. */
import { type FormEvent, useState } from 'react';
import { useSearchParams } from 'react-router';
import { Button } from '#src/ui/button.tsx';
import { Field } from '#src/ui/field.tsx';
import { Mono } from '#src/ui/mono.tsx';
import { Brand } from './rail.tsx';

/** The token in what was pasted: the link that was printed, or the token alone. */
export function tokenIn(pasted: string): string {
  const text = pasted.trim();
  try {
    return new URL(text).searchParams.get('token') ?? '';
  } catch {
    return text;
  }
}

export function SignIn() {
  const [query] = useSearchParams();
  const [pasted, setPasted] = useState('');
  const [fault, setFault] = useState<string | null>(
    query.has('refused') ? 'The console does not know this token.' : null,
  );
  const enter = (event: FormEvent) => {
    event.preventDefault();
    const token = tokenIn(pasted);
    if (token === '') return setFault('This link holds no token.');
    // The console answers with its session cookie and leads on; the token does not stay in the page.
    location.assign(`/?token=${encodeURIComponent(token)}`);
  };
  return (
    <div className="gate">
      <title>Sign in · Tricorder</title>
      <Brand />
      <main>
        <h1>Open the link that npm start printed</h1>
        <p className="q">
          This console asks who comes in. Its start-up line, in the terminal it runs in, ends in a link with a
          token: open that link here, or paste it. A fixed token stands in <Mono>TRICORDER_TOKEN</Mono>.
        </p>
        <form onSubmit={enter} className="gate-form">
          <Field
            label="Link or token"
            mono
            value={pasted}
            onChange={(event) => {
              setPasted(event.target.value);
              setFault(null);
            }}
            autoFocus
            autoComplete="off"
            spellCheck={false}
            error={
              fault
                ? {
                    message: fault,
                    remedy: 'Copy it again from the newest start-up line: each start prints a new one.',
                  }
                : null
            }
          />
          <Button look="primary" type="submit">
            Enter
          </Button>
        </form>
      </main>
    </div>
  );
}
