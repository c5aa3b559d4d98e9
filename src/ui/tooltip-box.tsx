/** The tooltip that is shown: beside what it belongs to, wherever there is room. The pointer may go over it. */
import { Tooltip } from '@base-ui/react/tooltip';
import { TOOLTIP_ID } from './tooltip.ts';

interface Props {
  anchor: HTMLElement;
  children: string;
  onPointer: (over: boolean) => void;
}

export default function TooltipBox({ anchor, children, onPointer }: Props) {
  return (
    <Tooltip.Root open>
      <Tooltip.Portal>
        <Tooltip.Positioner
          anchor={anchor}
          side="bottom"
          sideOffset={6}
          collisionPadding={8}
          className="layer"
        >
          <Tooltip.Popup
            id={TOOLTIP_ID}
            role="tooltip"
            className="tooltip"
            onPointerEnter={() => onPointer(true)}
            onPointerLeave={() => onPointer(false)}
          >
            {children}
          </Tooltip.Popup>
        </Tooltip.Positioner>
      </Tooltip.Portal>
    </Tooltip.Root>
  );
}
