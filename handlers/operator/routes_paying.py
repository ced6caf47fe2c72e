"""The map of payments by hand and vouchers: whatever is pressed, at most one question is open after it."""

from __future__ import annotations

from telegram.ext.filters import COMMAND, TEXT, UpdateType

from handlers.context import Counter
from handlers.operator import asking, proofs, vouchers
from handlers.operator import proof_buttons as p
from handlers.operator import voucher_buttons as v
from handlers.operator.buttons import ShowDesk
from handlers.operator.guards import Handler, Press, command, message
from handlers.operator.steps import Asked

_WRITTEN = TEXT & ~COMMAND
_NO_TEXT = ~TEXT & UpdateType.MESSAGE


def paying_entries(counter: Counter) -> list[Handler]:
    """The command and every button; all but those that ask close what was asked."""
    return [
        command(counter, "voucher", vouchers.voucher_command),
        Press(counter, v.ShowVouchers, vouchers.show_vouchers),
        Press(counter, v.ShowVoucher, vouchers.show_voucher),
        Press(counter, v.AskVoucher, vouchers.ask),
        Press(counter, v.SetVoucher, vouchers.set_one),
        Press(counter, v.MakeVoucher, vouchers.make),
        Press(counter, v.AskClose, vouchers.ask_close),
        Press(counter, v.CloseVoucher, vouchers.close),
        Press(counter, p.ShowProofs, proofs.show_proofs),
        Press(counter, p.ShowProof, proofs.show_proof),
        Press(counter, p.ApproveProof, proofs.approve),
        Press(counter, p.AskReceived, proofs.ask_received),
        Press(counter, p.AskTurnDown, proofs.ask_turn_down),
        Press(counter, p.LeaveProof, proofs.press_leave),
    ]


def paying_states(counter: Counter) -> dict[object, list[Handler]]:
    """What answers the questions."""
    desk = Press(counter, ShowDesk, asking.press_leave)
    about_proofs = [
        message(counter, _NO_TEXT, proofs.take_no_text), command(counter, "cancel", proofs.leave), desk
    ]  # fmt: skip
    return {
        Asked.RECEIVED: [message(counter, _WRITTEN, proofs.take_received), *about_proofs],
        Asked.TURN_DOWN: [message(counter, _WRITTEN, proofs.take_reason), *about_proofs],
        Asked.VOUCHER: [
            message(counter, _WRITTEN, vouchers.take_voucher),
            message(counter, _NO_TEXT, vouchers.take_no_text),
            command(counter, "cancel", vouchers.leave),
            desk,
        ],
    }
