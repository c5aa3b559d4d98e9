/** The question that is open before something is done: it waits for the answer of the console, and says a refusal in its own place. */
import { useState, useSyncExternalStore } from 'react';
import { describeError } from '#src/api/errors.ts';
import {
  closeQuestion,
  keepAsItIs,
  type OpenQuestion,
  onQuestion,
  openQuestion,
} from '#src/lib/questions.ts';
import { Button } from '#src/ui/button.tsx';
import { Dialog } from '#src/ui/dialog.tsx';
import { Refusal } from '#src/ui/refusal.tsx';

export function QuestionDialog() {
  const question = useSyncExternalStore(onQuestion, openQuestion);
  return question && <Asked key={question.id} question={question} />;
}

function Asked({ question }: { question: OpenQuestion }) {
  const [pending, setPending] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const answer = async () => {
    setPending(true);
    setError(null);
    try {
      await question.answer();
      closeQuestion(question.id);
    } catch (refused) {
      setError(refused);
      setPending(false);
    }
  };
  return (
    <Dialog
      open
      onClose={keepAsItIs}
      title={question.title}
      actions={
        <>
          <Button onClick={keepAsItIs}>{question.keep ?? 'Cancel'}</Button>
          <Button look="primary" busy={pending} onClick={answer}>
            {question.act}
          </Button>
        </>
      }
    >
      <div className="muted">{question.text}</div>
      <Refusal of={error === null ? null : describeError(error)} />
    </Dialog>
  );
}
