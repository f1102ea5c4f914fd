"""Every channel variable that dialplan and drivers share, named once."""

from __future__ import annotations

# from a dialogue to the dialplan
DONE = "IVR_DONE"  #: ``1``: the dialogue ended orderly; set last. Missing: the fallback queue
NEXT = "IVR_NEXT"  #: ``queue`` or ``hangup``
QUEUE = "IVR_QUEUE"  #: which queue
PRIORITY = "IVR_PRIORITY"  #: the caller's priority (``QUEUE_PRIO``)
LEVELS = "IVR_LEVELS"  #: agents of skill levels up to this one are rung at first; empty: all
LONGEST_WAIT = "IVR_WAIT"  #: after so many seconds the queue gives the caller back; empty: the setting
AGAIN = "IVR_AGAIN"  #: the number of the agent in the queue ``again`` who is tried first; empty: none
AGENT = "IVR_AGENT"  #: the staff number of that agent
PART = "IVR_PART"  #: the menu part that transferred; comes back to ``after_queue``
SURVEY = "IVR_SURVEY"  #: ``asked`` how the talk was, ``done`` once the answer is in the log; the dialplan empties it at each queue
PLACE = "IVR_PLACE"  #: seconds since 1970 at the first entry to a queue; until an agent has talked with the caller
CALLEE = "IVR_CALLEE"  #: the number that a callback's channel is to call
LIVE_KEYS = "IVR_LIVE_KEYS"  #: the keys that lead out of the queue; empty: none
TELL = "IVR_TELL"  #: sound files, joined with ``&``: what the waiting caller is told of these keys
SKILL = "IVR_SKILL"  #: the skill that the menu asked for, once it did
LANGUAGE = "IVR_LANGUAGE"  #: what the caller hears, once it is not the usual one

REACHED = "IVR_TO"  #: whom ``reach`` found: a seat, ``home`` and a staff number, or an outside number; empty: nobody

# within a driver
NOTED_KEYS = "IVR_NOTED"  #: every key of the dialogue, as ``StoreDTMF`` notes it
KEYS = "IVR_KEYS"  #: the keys that ``Read`` collected
SOUNDS = "IVR_SOUNDS"  #: ``IVR_SOUNDS1``, …: pieces of a list of sounds too long for one line

# set by Asterisk
LINKED_ID = "CHANNEL(linkedid)"
FIRST_KEY_WAIT = "TIMEOUT(response)"
NEXT_KEY_WAIT = "TIMEOUT(digit)"
READ_STATUS = "READSTATUS"  #: OK, TIMEOUT (also after some keys), ERROR, HANGUP
MEMBER_NAME = "MEMBERNAME"  #: the staff number of the agent that answered
QUEUE_NAME = "QUEUENAME"  #: the queue in which the caller was
