"""Streets that every Dutch town has, and towns with the first and last of their postal codes."""

STREETS = (
    "Dorpsstraat", "Kerkstraat", "Schoolstraat", "Molenweg", "Stationsweg", "Wilhelminastraat", "Beatrixlaan",
    "Julianalaan", "Emmastraat", "Prins Hendrikkade", "Burgemeester de Boerlaan", "Pieter de Hooghstraat",
    "Rembrandtlaan", "Vondelstraat", "Jacob van Ruisdaelweg", "Ringvaart", "Zeeweg", "Duinpad", "Achterdijk",
    "Oosterhout", "Westerweg", "Parallelweg", "Meidoornlaan", "Kastanjelaan", "Eikenhof", "Berkenlaan",
    "Wilgenhof", "Lijsterstraat", "Merelplein", "Reigerstraat", "Kievitsweide", "Korenbloem", "Klaproosveld",
    "Boterbloem", "Zonnedauw", "Noorderkade", "Havenstraat", "Schippersgracht", "Kaasmarkt", "Laat",
    "Nieuwe Gracht", "’t Ven", "De Gouw", "Hofje van Sint Jan", "Koningin Máximalaan", "Coornhertkade",
)  # fmt: skip

# Never given out: they stand for something the Netherlands does not want on an envelope.
UNUSED_LETTERS = frozenset({"SA", "SD", "SS"})
LETTERS = "ABCDEGHJKLMNPRSTVWXZ"

Town = tuple[str, int, int]

COAST: tuple[Town, ...] = (
    ("Alkmaar", 1811, 1827),
    ("Heerhugowaard", 1701, 1706),
    ("Heiloo", 1850, 1852),
    ("Castricum", 1901, 1902),
    ("Bergen", 1861, 1862),
    ("Egmond aan den Hoef", 1934, 1934),
    ("’t Veld", 1735, 1735),
)
LAKE: tuple[Town, ...] = (
    ("Hoorn", 1621, 1628),
    ("Enkhuizen", 1601, 1602),
    ("Medemblik", 1671, 1671),
    ("Zwaag", 1689, 1689),
    ("Wognum", 1687, 1687),
    ("Bovenkarspel", 1611, 1611),
)
