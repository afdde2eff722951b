"""The service's life in every order, on the stores in memory."""

from hypothesis import settings

from tests.support.world.service import World
from tests.support.world.state_machine import Lives


class InMemory(Lives):
    make_world = World


TestLives = InMemory.TestCase
TestLives.settings = settings(stateful_step_count=40)
