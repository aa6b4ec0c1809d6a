"""Word lists of the rules."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ROLES = _words("""
    activist adm. admiral adviser advisor aide ambassador analyst anchor attorney author billionaire bishop businessman
    candidate capt. captain cardinal ceo chair chairman chairperson chairwoman chancellor chief coach col. colonel columnist
    commander commissioner congressman congresswoman coordinator correspondent counsel critic delegate deputy deputy-chief
    diplomat director doctor economist editor emir envoy executive expert founder front-runner frontrunner gen. general gov.
    governor head historian hopeful host journalist judge justice king lawmaker lawyer leader lieutenant lt. major manager
    mayor minister mogul negotiator nominee officer official owner pastor physician politician pollster pope premier president
    prince princess prof. professor prosecutor queen rep. reporter representative researcher resident rev. rival scientist
    secretary sen. senator sergeant sgt. sheikh sheriff speaker spokesman spokesperson spokeswoman strategist student
    supporter veteran vice voter writer
""")
"""Words that a role has as its head, or a title before a name."""

GROUPS = _words("""
    administration agency airlines airways alliance army assembly association authority bank bloomberg board brigade
    bureau cabinet campaign center centre chamber cia coalition commission committee company congress corp corp. council
    court democrats department document duma embassy eu fbi federation forces foundation fund government group guardian
    house inc inc. institute journal kremlin league military ministry nations nato network news office officials opec
    organisation organization parliament party pentagon police poll post press report republicans reserve reuters senate
    service services statement study survey team times treasury tribune un union university
""")
"""Words of the names of organisations."""

PLURAL = _words("""
    advisers aides allies analysts authorities conservatives critics democrats experts lawmakers leaders many officials
    opponents others people police reporters republicans researchers scientists several some sources supporters voters
""")
"""Sources that are several people."""

PLACES = _words("""
    america ankara australia beijing belarus berlin brazil britain brussels canada china egypt france gaza georgia germany
    hamas hezbollah hungary india iran iraq israel italy japan kiev kyiv london mexico moscow nato pakistan paris poland qatar
    riyadh russia seoul spain syria taiwan tehran tokyo turkey ukraine washington
""")
"""Places and groups that news lets speak."""

PARTICLES = _words("""
    abu al bin da de del den der di dos du el ibn la le st. ter van von
""")
"""Lower-case parts of names."""

FEMALE = _words("""
    denis     aisha alice amanda amy ana andrea angela ann anna annalena ashley barbara betty brenda carmen carol carolyn catherine
    chelsea cheryl christina christine claire condoleezza cynthia deborah debra diane dianne donna doris ekaterina elena
    elizabeth emily emma evelyn fatima giorgia grace gwen hannah heather hillary huma irina isabel ivanka jacqueline janet
    jean jennifer jessica joan joyce judith julia julie kamala karen katherine kathleen kathryn kelly kellyanne kimberly laura
    lauren leila linda lisa loretta margaret maria marie marine martha mary megan megyn melania melissa michelle nancy natalia
    nicole nikki olga olivia pamela patricia rachel rebecca rosa ruth samantha sandra sara sarah sharon sonia sophie stephanie
    susan svetlana tatiana theresa tulsi ursula victoria virginia yulia
""")
"""First names that tell a gender."""

MALE = _words("""
    denis     aaron adam alan albert alexander ali andrei andrew andrey anthony antony arthur austin barack ben benjamin bernie bill
    billy bob bobby boris brad brandon brian bruce bryan carl carlos charles chris christian christopher chuck corey dan
    daniel david dennis dmitry donald douglas dylan edward emmanuel eric ethan eugene frank friedrich gabriel gary george
    gerald greg gregory hans harold hassan henry hussein igor ivan jack jacob jake james jason jean jeb jeff jeffrey jeremy
    jerry jesse jim joe john jonathan jordan jose joseph joshua juan justin karl keir keith ken kenneth kevin kyle larry
    lawrence lindsey lloyd logan louis luis marco mark matt matthew merrick michael mike mikhail mitch mitt mohammad mohammed
    narendra nathan newt nicholas nikolai noah olaf oleg patrick paul pedro peter philip pierre ralph rand randy raymond recep
    reince richard rick rishi robert roger ronald roy rudy russell ryan samuel scott sean sergei sergey stephen steve steven
    ted terry thomas tim timothy tom tyler viktor vincent vladimir volodymyr walter wayne william willie xi yuri zachary
""")
"""First names that tell a gender."""

BREAK = _words("""
    about after against although and as at because before but by during from how however if in into on or over said says since
    so than that then though through to told under until what when where which while with
""")
"""Words that end a noun phrase to the left."""

PRONOUNS = _words("""
    he i it she they we who you
""")
"""Pronouns that can be a source."""

BARE = _words("""
    a all an any both her his its many most my no one other our some such that the their these this those your
""")
"""Determiners: no source by themselves."""

RIGHT_END = _words("""
    about adding after amid and as at because before but by citing during earlier following friday from if in later monday
    noting on over referring saturday saying since speaking sunday that through thursday to today told tuesday via wednesday
    when while who with yesterday
""")
"""Words that end a noun phrase to the right."""

SMALL = _words("""
    a an and as at but by de du for from in into is la le nor of on or over the to up van von vs with
""")
"""Words that a title writes small."""

RANKS = _words("""
    acting attorney chief current defence defense deputy economy education energy executive federal finance first foreign
    former general health house interim interior justice press prime secretary senate senior staff state then trade vice white
""")
"""Capitalised words of a role that are no part of a name."""

MANY = _words("""
    a all an another any anyone both each either every everyone few many more most no none nobody one other others several some
    someone such these this those two three four five six dozens hundreds thousands millions
""")
"""A phrase that begins so tells a kind of source, not its name."""

TIMES = _words("""
    monday tuesday wednesday thursday friday saturday sunday january february march april may june july august september october
    november december
""")
"""Capitalised words that are no names."""

THINGS = _words("""
    ad ads analyses analysis article averages book books bylaws clip complaint conviction data deal document documents editorial
    email emails endorsements estimates figures film footage forecast forecasts headline image images indictment lawsuit letter
    letters memo memos message movie note notes numbers per-cent percent photo photos poll polls procedures program readings
    record records report reports research results review rule rules ruling rulings section show slide spot statement statements
    statistics story studies study survey surveys talk tape tapes transcript transcripts tweet tweets video videos website work
""")
"""Sources that are nobody: a paper or picture has no stance, whoever made it."""

OPENERS = BREAK | BARE | PRONOUNS | _words("also and but even fellow meanwhile nor or retired still yet")
"""Words that have a capital only from a sentence's beginning."""
