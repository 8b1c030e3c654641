"""The Pulumi program: the stack's name says which environment and which layer of it is declared."""

from pathlib import Path

import pulumi

from stacks import declare_stack

declare_stack(Path(__file__).parent, pulumi.get_stack())
