"""The words catalogues are made of: networks that do not exist, and the plain marks panels put behind a name."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """One thing sold on a network, with its range of rates in 10^-4 of the currency per 1000."""

    name: str
    low: int
    high: int
    min: int = 10
    max: int = 100_000
    #: whether what drops off is ever made up for
    refills: bool = True


#: every panel sells these, under these very category names
SHARED_NETWORKS = ("Framely", "Chirpline", "Tubely")
#: each panel sells some of these
OTHER_NETWORKS = (
    "Cliploop", "Nestchat", "Glimmo", "Podhum", "Streamlo", "Tunewick", "Threadnook", "Pinfold", "Bloggle", "Quillo",
)  # fmt: skip
NETWORKS_OF_ONE_PANEL = 5

KINDS = (
    Kind("Followers", 3000, 60000),
    Kind("Likes", 500, 25000),
    Kind("Views", 500, 8000, 100, 10_000_000),
    Kind("Shares", 2000, 40000, 10, 50_000),
    Kind("Saves", 1000, 20000),
    Kind("Members", 5000, 80000, 50, 50_000),
    Kind("Live Viewers", 20000, 200000, 20, 5_000, refills=False),
    Kind("Story Views", 500, 10000, 20, 30_000, refills=False),
    Kind("Reposts", 4000, 60000, 10, 20_000),
)
COMMENTS = Kind("Comments", 40000, 200000, 5, 1_500, refills=False)
PACKAGES = Kind("Packages", 10000, 200000, 1, 1, refills=False)
MENTIONS = Kind("Mentions", 10000, 90000, 20, 20_000, refills=False)

#: a small catalogue keeps to few networks and kinds, so that its categories hold several services each
SMALL_CATALOGUE = 150
NETWORKS_OF_A_SMALL_ONE = 5
KINDS_OF_A_SMALL_ONE = 3

#: how a panel writes the categories only it has
CATEGORY_STYLES = ("{network} {kind}", "{network} » {kind}", "✨ {network} | {kind}", "{network} – {kind}")

REFILL_DAYS = (0, 0, 0, 7, 30, 30, 60, 90, 365)  # 0: no refill
#: units a day, with the way they are written
SPEEDS = ((100, "100"), (500, "500"), (1000, "1K"), (2000, "2K"), (5000, "5K"), (20_000, "20K"), (100_000, "100K"))
STARTS = ("0-15 min", "0-1 h", "0-6 h", "0-24 h")
PLACES = ("", "", "", "Worldwide", "Turkey", "Brazil", "Thailand", "India", "Europe")
MAXIMA = (1, 1, 1, 2, 5, 10)  # times the kind's own maximum

LONG_NAME = (
    "Chirpline Followers · Slow and even delivery over several days · Start 0-24 h · up to 500/day · Refill 30 days "
    "· Public accounts only · Do not change the account's name and do not order a second time on the same link "
    "before this order has ended"
)
THAI_NAME = "ผู้ติดตาม Framely · เติม 30 วัน · สูงสุด 5K/วัน"
ARABIC_NAME = "مشاهدات Tubely · بدون تعويض · حتى 50K في اليوم"
TURKISH_NAME = "Chirpline Beğeni · 30 Gün Telafi · Günlük 5K'ya Kadar · Kapalı Hesaplar İçin Değil"
HTML_NAME = "Framely Likes <b>Max 50K</b> & Saves · No refill · up to 10K/day"
EMOJI_NAME = "🚀🔥 Tubely Views ⏱️ Start 0-1 h · 👨‍👩‍👧 Worldwide · up to 100K/day"
