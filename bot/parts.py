"""What the bot consists of beside Discord: the repositories and the services, built in order."""

from contextlib import AsyncExitStack

import discord

from bot.config import Config
from bot.operations.measures import Measures
from bot.services.adder import AdderService
from bot.services.blocks import Blocks
from bot.services.cell_pictures import CellPictures
from bot.services.changes import Changes
from bot.services.children import Children
from bot.services.compared import ComparedNetworks
from bot.services.comparing import Comparing
from bot.services.contests import ContestService
from bot.services.corpora import Corpora
from bot.services.craft import CraftService
from bot.services.daily import DailyService
from bot.services.explain import ExplainService
from bot.services.fame import FameService
from bot.services.favorite_corpus import FavoriteCorpus
from bot.services.fonts import Fonts
from bot.services.jobs import Jobs
from bot.services.journal import Journal
from bot.services.judging import Judge
from bot.services.leases import Leases
from bot.services.limits import Limits
from bot.services.moderation import Moderation
from bot.services.pictures import PictureService
from bot.services.poet import PoetService
from bot.services.privacy import Privacy
from bot.services.queue import Room
from bot.services.readers import Readers
from bot.services.retention import Retention
from bot.services.state_pictures import StatePictures
from bot.services.studio import Studio
from bot.services.versions import Versions
from bot.services.worker import Worker
from bot.share import Share
from bot.store.additions import AdditionRepository
from bot.store.blocks import BlockRepository
from bot.store.changes import ChangeRepository
from bot.store.community import PresenceRepository, TopRepository
from bot.store.comparisons import ComparisonRepository
from bot.store.contests import ContestRepository
from bot.store.daily import DailyRepository
from bot.store.database import Database
from bot.store.fame import FameRepository
from bot.store.faults import FaultRepository
from bot.store.favorites import FavoriteRepository
from bot.store.jobs import JobRepository
from bot.store.leases import LeaseRepository
from bot.store.limits import LimitRepository
from bot.store.loved import LovedRepository
from bot.store.people import PeopleRepository
from bot.store.poems import PoemRepository
from bot.store.privacy import PrivacyRepository
from bot.store.reports import ReportRepository
from bot.store.requests import RequestRepository
from bot.store.servers import ServerRepository
from bot.store.stats import StatsRepository
from bot.store.syncs import SyncRepository
from bot.store.versions import VersionRepository
from bot.store.words import ServerWordRepository
from bot.ui.explanation import draw_cell
from bot.ui.picture import draw
from bot.ui.states import draw_states, plot_words
from model.forms import Form


class Parts:
    """Set by `build`, before anyone can ask for anything."""

    database: Database
    worker: Worker
    measures: Measures
    share: Share
    leases: Leases
    limits: Limits
    changes: Changes
    people: PeopleRepository
    servers: ServerRepository
    server_words: ServerWordRepository
    moderation: Moderation
    blocks: Blocks
    reports: ReportRepository
    faults: FaultRepository
    readers: Readers
    poems: PoemRepository
    favorites: FavoriteRepository
    additions: AdditionRepository
    syncs: SyncRepository
    journal: Journal
    privacy: Privacy
    retention: Retention
    stats: StatsRepository
    poet: PoetService
    adder: AdderService
    compared: ComparedNetworks
    explain: ExplainService
    contests: ContestRepository
    contest: ContestService
    craft: CraftService
    fame: FameService
    daily: DailyService
    presence: PresenceRepository
    top: TopRepository
    studio: Studio
    fonts: Fonts
    pictures: PictureService
    cell_pictures: CellPictures
    state_pictures: StatePictures
    corpora: Corpora
    versions: Versions
    jobs: Jobs
    comparing: Comparing

    async def build(
        self, config: Config, database: Database, worker: Worker, opened: AsyncExitStack, *, alone: bool
    ) -> None:
        """Build them.

        Args:
            config: the settings.
            database: what is kept.
            worker: the thread of the networks.
            opened: what has to be closed is entered here, and closes in the opposite order.
            alone: no other process uses the data folder at this moment, whatever comes later.
        """
        self.database = database
        self.worker = worker
        self.measures = Measures()
        self.share = Share.of(config.discord)
        self.leases = Leases(LeaseRepository(database), self.share)
        await self.leases.start(alone=alone)
        opened.push_async_callback(self.leases.close)
        self.limits = Limits(
            person_per_minute=config.limits.person_per_minute,
            server_per_minute=config.limits.server_per_minute,
            shared=await self._shared_limits(config, opened, alone=alone),
        )
        self.people = PeopleRepository(database)
        self.servers = ServerRepository(database)
        self.server_words = ServerWordRepository(database)
        self.moderation = Moderation(config.moderation.words, self.server_words)
        self.blocks = await Blocks.load(BlockRepository(database))
        self.reports = ReportRepository(database)
        self.faults = FaultRepository(database)
        self.readers = Readers(self.people, self.servers)
        self.poems = PoemRepository(database)
        self.favorites = FavoriteRepository(database)
        self.additions = AdditionRepository(database)
        self.contests = ContestRepository(database)
        self.syncs = SyncRepository(database)
        self.journal = Journal(RequestRepository(database))
        opened.push_async_callback(self.journal.close)
        kept, days = PrivacyRepository(database), config.retention.of_tables
        self.privacy = Privacy(kept, self.journal, config.storage.dir, days)
        self.retention = Retention(kept, days)
        self.stats = StatsRepository(database)
        room = Room(config.limits.queue, config.limits.server_queue, self.measures.served)
        self.poet = PoetService(
            worker,
            network=config.model.network,
            folder=config.model.dir,
            device=config.model.device,
            room=room,
            batch=config.limits.batch,
            tiers=config.poem.tiers,
        )
        self.adder = AdderService(
            worker,
            adder=config.model.adder,
            folder=config.model.dir,
            room=room,
        )
        self.compared = ComparedNetworks(config.model.dir, config.model.device)
        self.explain = ExplainService(worker, self.compared, room=room)
        self.contest = ContestService(worker, self.compared, room=room)
        self.craft = CraftService(worker, self.poet)
        self.fame = FameService(FameRepository(database), discord.utils.utcnow, self.share)
        self.daily = DailyService(DailyRepository(database), self.poet, self.moderation, config.poem)
        self.presence = PresenceRepository(database, self.share)
        await self.presence.begin(alone=alone)
        self.top = TopRepository(database)
        self.studio, self.fonts = Studio(), Fonts(config.picture.font)
        self.pictures = PictureService(self.fonts, draw, self.studio)
        self.cell_pictures = CellPictures(self.fonts, self.studio, draw_cell)
        self.state_pictures = StatePictures(self.fonts, self.studio, draw_states, plot_words)
        await self._build_training(config, database, opened)
        told = {"blocks": self.blocks.reload, "fame": self.fame.answer_calls}
        self.changes = Changes(ChangeRepository(database), told)

    async def _build_training(self, config: Config, database: Database, opened: AsyncExitStack) -> None:
        """What is learnt from, and what was learnt."""
        folder = config.storage.dir
        children = Children()
        opened.callback(children.close)
        favorites = FavoriteCorpus(LovedRepository(database), children, folder, config.corpora.favorite_servers)
        self.corpora = Corpora(
            folder, children, favorites, base=config.corpora.base, largest=config.corpora.upload_mib << 20
        )
        judge = Judge(children, folder, favorites.held_out, self.corpora.path_of, config.corpora.base)
        self.versions = Versions(
            VersionRepository(database),
            self.poet,
            judge,
            folder=folder,
            shipped=config.model.dir,
            process=str(self.share),
            now=discord.utils.utcnow,
        )
        await self.versions.begin()
        self.jobs = Jobs(JobRepository(database), folder / "jobs", config.training, self.corpora, self.versions)
        self.corpora.learns_from = self.jobs.store.learns_from
        self.versions.goes_on_from = self.jobs.store.goes_on_from
        form = None if config.poem.form == "free" else Form(config.poem.form)
        self.comparing = Comparing(ComparisonRepository(database), self.versions, self.poet, form, discord.utils.utcnow)

    async def _shared_limits(self, config: Config, opened: AsyncExitStack, *, alone: bool) -> LimitRepository | None:
        if self.share.is_all:
            return None
        shared = await LimitRepository.open(config.storage.dir, str(self.share), afresh=alone)
        opened.push_async_callback(shared.close)
        return shared
