/** What lies over every page: questions, toasts, tooltips. It comes when the page's data stands there. */
import { LeaveGuard } from '#src/parts/form/leave-guard.tsx';
import { QuestionDialog } from '#src/parts/question-dialog.tsx';
import { Toaster } from '#src/parts/toaster.tsx';
import { TooltipLayer } from '#src/ui/tooltip-layer.tsx';

export default function Overlays() {
  return (
    <>
      <QuestionDialog />
      <LeaveGuard />
      <Toaster />
      <TooltipLayer />
    </>
  );
}
