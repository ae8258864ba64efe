"""Whom a request is answered: in which language and script, and how they like their poems."""

from dataclasses import dataclass
from typing import Self

from bot.store.people import PeopleRepository, PersonSettings
from bot.store.servers import ServerRepository, ServerSettings
from bot.words import Language, script_of_reader
from model.script import Script, script_of


@dataclass(frozen=True, slots=True)
class Reader:
    """What counts for a person here: their own choice, else Discord's locale, else the server's choice.

    `script`, `form` and `display` are None where nobody chose: the bot's own settings count then. `chosen_script` goes
    before the script of what the person typed, `script` behind it.
    """

    language: Language
    chosen_script: Script | None = None
    script: Script | None = None
    form: str | None = None
    display: str | None = None
    pinyin: bool = False

    @classmethod
    def of(cls, person: PersonSettings, locale: str | None, server: ServerSettings) -> Self:
        """The reader that these settings make."""
        language = _language(person.language) or Language.known(locale) or _language(server.language)
        language = language or Language.ENGLISH
        chosen = Script(person.script) if person.script else None
        return cls(
            language=language,
            chosen_script=chosen,
            script=chosen or script_of_reader(language) or (Script(server.script) if server.script else None),
            form=person.form or server.form,
            display=person.display or server.display,
            pinyin=bool(person.pinyin),
        )

    def script_for(self, given: str | None, usual: Script) -> Script:
        """Their own; else that of what is given; where that reads the same in both, what else tells, or the usual."""
        told = script_of(given) if given is not None else None
        return self.chosen_script or told or self.script or usual


class Readers:
    """Finds out for whom a request is."""

    def __init__(self, people: PeopleRepository, servers: ServerRepository) -> None:
        self._people = people
        self._servers = servers

    async def of(self, person_id: int, guild_id: int | None, locale: str) -> Reader:
        """Who reads the answer to a person's request."""
        person = await self._people.of(person_id)
        server = await self._servers.of(guild_id) if guild_id is not None else ServerSettings()
        return Reader.of(person, locale, server)

    async def of_server(self, guild_id: int) -> Reader:
        """Who reads what no person asked for, in a server."""
        server = await self._servers.of(guild_id)
        # What it chose, it chose for all that is posted there: its script is more than a hint.
        return Reader.of(PersonSettings(script=server.script), None, server)


def _language(chosen: str | None) -> Language | None:
    return Language(chosen) if chosen else None
