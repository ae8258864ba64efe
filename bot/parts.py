"""What the bot consists of beside Discord: the repositories and the services, built in order."""

from contextlib import AsyncExitStack

import discord

from bot.config import Config
from bot.services.adder import AdderService
from bot.services.blocks import Blocks
from bot.services.compared import ComparedNetworks
from bot.services.craft import CraftService
from bot.services.daily import DailyService
from bot.services.explain import CellPictures, ExplainService
from bot.services.fame import FameService
from bot.services.fonts import Fonts
from bot.services.journal import Journal
from bot.services.leases import Leases
from bot.services.limits import Limits
from bot.services.moderation import Moderation
from bot.services.pictures import PictureService
from bot.services.poet import PoetService
from bot.services.privacy import Privacy
from bot.services.readers import Readers
from bot.services.retention import Retention
from bot.services.share import Share
from bot.services.studio import Studio
from bot.services.worker import Worker
from bot.store.additions import AdditionRepository
from bot.store.blocks import BlockRepository
from bot.store.community import DailyRepository, PresenceRepository, TopRepository
from bot.store.database import Database
from bot.store.fame import FameRepository
from bot.store.faults import FaultRepository
from bot.store.favorites import FavoriteRepository
from bot.store.leases import LeaseRepository
from bot.store.limits import LimitRepository
from bot.store.people import PeopleRepository
from bot.store.poems import PoemRepository
from bot.store.privacy import PrivacyRepository
from bot.store.reports import ReportRepository
from bot.store.requests import RequestRepository
from bot.store.servers import ServerRepository
from bot.store.stats import StatsRepository
from bot.store.syncs import SyncRepository
from bot.store.words import ServerWordRepository
from bot.ui.explanation import draw_cell
from bot.ui.picture import draw


class Parts:
    """Set by `build`, before anyone can ask for anything."""

    share: Share
    leases: Leases
    limits: Limits
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
    craft: CraftService
    fame: FameService
    daily: DailyService
    presence: PresenceRepository
    top: TopRepository
    studio: Studio
    fonts: Fonts
    pictures: PictureService
    cell_pictures: CellPictures

    async def build(self, config: Config, database: Database, worker: Worker, opened: AsyncExitStack) -> None:
        """Build them; what has to be closed is entered into `opened`, and closes in the opposite order."""
        self.share = Share.of(config.discord)
        self.leases = Leases(LeaseRepository(database), self.share)
        await self.leases.start()
        opened.push_async_callback(self.leases.close)
        self.limits = Limits(
            person_per_minute=config.limits.person_per_minute,
            server_per_minute=config.limits.server_per_minute,
            shared=await self._shared_limits(config, opened),
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
        self.syncs = SyncRepository(database)
        self.journal = Journal(RequestRepository(database))
        opened.push_async_callback(self.journal.close)
        kept, days = PrivacyRepository(database), config.retention.of_tables
        self.privacy = Privacy(kept, self.journal, config.storage.dir, days)
        self.retention = Retention(kept, days)
        self.stats = StatsRepository(database)
        self.poet = PoetService(
            worker,
            network=config.model.network,
            folder=config.model.dir,
            device=config.model.device,
            queue=config.limits.queue,
            server_queue=config.limits.server_queue,
            batch=config.limits.batch,
            tiers=config.poem.tiers,
        )
        self.adder = AdderService(
            worker,
            adder=config.model.adder,
            folder=config.model.dir,
            queue=config.limits.queue,
            server_queue=config.limits.server_queue,
        )
        self.compared = ComparedNetworks(config.model.dir, config.model.device)
        self.explain = ExplainService(
            worker, self.compared, queue=config.limits.queue, server_queue=config.limits.server_queue
        )
        self.craft = CraftService(worker, self.poet)
        self.fame = FameService(FameRepository(database), discord.utils.utcnow)
        self.daily = DailyService(DailyRepository(database), self.poet, self.moderation, config.poem)
        self.presence = PresenceRepository(database)
        self.top = TopRepository(database)
        self.studio, self.fonts = Studio(), Fonts(config.picture.font)
        self.pictures = PictureService(self.fonts, draw, self.studio)
        self.cell_pictures = CellPictures(self.fonts, self.studio, draw_cell)

    async def _shared_limits(self, config: Config, opened: AsyncExitStack) -> LimitRepository | None:
        if self.share.is_all:
            return None
        shared = await LimitRepository.open(config.storage.dir, str(self.share), afresh=False)
        opened.push_async_callback(shared.close)
        return shared
