"""People who never lived: names in Devanagari with their Roman spelling, and the families they form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Name:
    """A name as the record writes it and as a Roman keyboard does."""

    local: str
    roman: str

    def __add__(self, other: Name) -> Name:
        return Name(f"{self.local} {other.local}".strip(), f"{self.roman} {other.roman}".strip())


@dataclass(frozen=True)
class Person:
    """A holder as the khatauni names one: the name, and the father's (of a wife or widow: the husband's)."""

    name: Name
    parent: Name


@dataclass(frozen=True)
class Branch:
    """One of several brothers, his wife and his children."""

    head: Person
    wife: Person
    children: Sequence[Person]


def _pairs(text: str) -> list[Name]:
    words = text.split()
    return [Name(local, roman) for local, roman in zip(words[::2], words[1::2], strict=True)]


_MEN = _pairs(
    "रामलाल Ramlal शिवचरण Shivcharan हरिराम Hariram जगदीश Jagdish महेश Mahesh सुरेश Suresh राजेन्द्र Rajendra "
    "बृजेश Brijesh मुन्नालाल Munnalal छोटेलाल Chhotelal भगवानदीन Bhagwandin रामसनेही Ramsanehi गयाप्रसाद Gayaprasad "
    "दयाराम Dayaram लालता Lalta अवधेश Awadhesh कमलेश Kamlesh विनोद Vinod प्रमोद Pramod अशोक Ashok दिनेश Dinesh "
    "राकेश Rakesh संतोष Santosh मनोज Manoj रामकिशोर Ramkishor सत्यनारायण Satyanarayan बाबूलाल Babulal "
    "शंकरलाल Shankarlal रघुवीर Raghuvir श्यामसुन्दर Shyamsundar चन्द्रपाल Chandrapal धर्मपाल Dharmpal "
    "ओमप्रकाश Omprakash गंगाराम Gangaram रामअवतार Ramavatar सियाराम Siyaram नन्हेलाल Nanhelal भोला Bhola "
    "विजय Vijay अजय Ajay संजय Sanjay अनिल Anil सुनील Sunil पवन Pawan अरविन्द Arvind देवेन्द्र Devendra "
    "जितेन्द्र Jitendra वीरेन्द्र Virendra शैलेन्द्र Shailendra हरीश Harish"
)
_WOMEN = _pairs(
    "सावित्री Savitri कलावती Kalawati रामदेवी Ramdevi शान्ति Shanti सुशीला Sushila विमला Vimla कमला Kamla "
    "उर्मिला Urmila गीता Gita सीता Sita मीना Meena रेखा Rekha सुनीता Sunita अनीता Anita पुष्पा Pushpa "
    "फूलमती Phoolmati राजरानी Rajrani बिटाना Bitana शकुन्तला Shakuntala माया Maya लक्ष्मी Lakshmi सरोज Saroj "
    "किरन Kiran ममता Mamta राधा Radha जानकी Janki"
)
_MUSLIM_MEN = _pairs(
    "रहमत Rahmat अब्दुल Abdul इस्माइल Ismail यूसुफ Yusuf करीम Karim शकील Shakeel रफीक Rafiq नसीम Naseem "
    "इकबाल Iqbal जमील Jameel सलीम Salim हनीफ Hanif मुश्ताक Mushtaq आरिफ Arif"
)
_MUSLIM_WOMEN = _pairs(
    "शबनम Shabnam नूरजहाँ Noorjahan हसीना Haseena फातिमा Fatima जरीना Zareena सकीना Sakina रुखसाना Rukhsana शमीम Shamim"
)
_SURNAMES = _pairs(
    "यादव Yadav वर्मा Verma मौर्य Maurya पाल Pal मिश्र Mishra शुक्ल Shukla सिंह Singh रावत Rawat लोधी Lodhi "
    "गौतम Gautam कश्यप Kashyap पाण्डेय Pandey निषाद Nishad विश्वकर्मा Vishwakarma"
)
_MUSLIM_SURNAMES = _pairs("अली Ali खान Khan अंसारी Ansari")
_DEVI, _BANO = Name("देवी", "Devi"), Name("बानो", "Bano")


def family(rng: np.random.Generator, children: Sequence[int] | None = None) -> list[Branch]:
    """The living of one family: one to four brothers, each with wife and children.

    ``children`` fixes how many children each brother has; else the dice decide.
    """
    muslim = bool(rng.random() < 0.14)
    surname = _one(_MUSLIM_SURNAMES if muslim else _SURNAMES, rng)
    men, women = (_MUSLIM_MEN, _MUSLIM_WOMEN) if muslim else (_MEN, _WOMEN)
    if children is None:
        children = [
            int(rng.integers(1, 5)) for _ in range(rng.choice([1, 2, 3, 4], p=[0.35, 0.3, 0.22, 0.13]))
        ]
    grandfather, *heads = (name + surname for name in _some(men, len(children) + 1, rng))
    wives = _some(women, len(children), rng)
    branches = []
    for head, wife, count in zip(heads, wives, children, strict=True):
        daughters = int(rng.binomial(count, 0.25))
        sons = [name + surname for name in _some(men, count - daughters + 1, rng) if name + surname != head]
        names = sons[: count - daughters]
        names += [name + (_BANO if muslim else _DEVI) for name in _some(women, daughters, rng)]
        spouse = Person(wife + (_BANO if muslim else _DEVI), head)
        branches.append(Branch(Person(head, grandfather), spouse, [Person(name, head) for name in names]))
    return branches


def _some(pool: Sequence[Name], count: int, rng: np.random.Generator) -> list[Name]:
    """So many different names of the pool."""
    return [pool[int(index)] for index in rng.choice(len(pool), count, replace=False)]


def _one(pool: Sequence[Name], rng: np.random.Generator) -> Name:
    return pool[int(rng.integers(len(pool)))]
