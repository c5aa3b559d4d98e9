/** Where a 401 leads: the console prints its link when it starts; whoever has the link or the token comes in. */

import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useNavigate } from 'react-router';
import { tell } from '#src/api/errors.ts';
import { queryClient } from '#src/api/query-client.ts';
import { openSession } from '#src/api/session.ts';
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
  const [pasted, setPasted] = useState('');
  const [fault, setFault] = useState<string | null>(null);
  const navigate = useNavigate();
  const enter = useMutation({ mutationFn: openSession });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const token = tokenIn(pasted);
    if (token === '') return setFault('This link holds no token.');
    enter.mutate(token, {
      onSuccess: () => {
        queryClient.clear();
        navigate('/', { replace: true });
      },
    });
  };
  const told = enter.isError ? tell(enter.error) : null;
  const shown =
    fault ?? (told && (told.status === 401 ? 'The console does not know this token.' : told.message));
  const remedy =
    told && told.status !== 401
      ? told.remedy
      : 'Copy it again from the newest start-up line: a link lets one browser in, once.';
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
        <form onSubmit={submit} className="gate-form">
          <Field
            label="Link or token"
            mono
            value={pasted}
            onChange={(event) => {
              setPasted(event.target.value);
              setFault(null);
              enter.reset();
            }}
            autoFocus
            autoComplete="off"
            spellCheck={false}
            error={shown ? { message: shown, remedy } : null}
          />
          <Button look="primary" type="submit" busy={enter.isPending}>
            Enter
          </Button>
        </form>
      </main>
    </div>
  );
}
