"""Function words of English, German and French, which never make a keyword.

Own compact lists: articles, pronouns, prepositions, conjunctions, auxiliaries, and the fillers
of feedback that name no topic. Lower case, apostrophes straight; a contraction is listed as
written, a French elision (`l'`, `qu'`) is cut off before the lookup. Negations are listed too:
alone they name no topic. Words that are whole answers (nothing, nichts, rien) and words of
opinion (good, gut, bon) are not: they are what some clusters are about.
"""

from __future__ import annotations

ENGLISH = """
a about above after again against all almost also although always am an and another any anyone
anything are aren't around as at away back be because been before being below between both but
by came can can't cannot come could couldn't did didn't do does doesn't doing don't done down
during each either else enough even ever every everything few first for from further get gets
getting give given go goes going gone got had hadn't has hasn't have haven't having he he's her
here hers herself him himself his how however i i'd i'll i'm i've if in instead into is isn't it
it'd it'll it's its itself just keep know last least less let let's like lot lots made make makes
many may maybe me might mine more most much must my myself near need needs neither never next no
nor not now of off often on once one ones only or other others our ours ourselves out over own
per perhaps please put quite rather really said same say see seem seems shall she she's should
shouldn't since so some someone something soon still such sure take than thank thanks that that's
the their theirs them themselves then there there's these they they'd they'll they're they've
thing things think this those though through thus till to together too took toward two under
until up upon us use used using very via want wants was wasn't way we we'd we'll we're we've well
went were weren't what what's when where whether which while who whole whom whose why will with
within without won't would wouldn't yes yet you you'd you'll you're you've your yours yourself
arent cant could've couldnt didnt doesnt dont hadnt hasnt havent id ill im isnt ive should've
shouldnt thats theyre wasnt werent wont would've wouldnt youre etc na
"""

GERMAN = """
ab aber alle allem allen aller alles als also am an andere anderen anderer anderes auch auf aus
bei beide beiden beim bin bis bisher bist bitte da dabei dadurch dafür dagegen daher damit danach
dann daran darauf darf darin darüber das dass davon dazu dein deine dem den denen denn der deren
des deshalb dessen die dies diese diesem diesen dieser dieses doch dort du durch dürfen ein eine
einem einen einer eines einfach einige einmal er erst es etwas euch euer eure für gab ganz gar
gegen gehen geht gemacht gerade gibt haben habe hab hast hat hatte hatten hätte hätten her hier
hin hinter ich ihm ihn ihnen ihr ihre ihrem ihren ihrer im immer in ins ist ja jede jedem jeden
jeder jedes jedoch jetzt kann kannst kam kein keine keinem keinen keiner können könnte könnten
leider machen macht mal man manche mehr mein meine meinem meinen meiner mich mir mit muss musste
müssen nach nachdem nein nicht noch nun nur ob obwohl oder ohne per schon sehr sein seine
seinem seinen seiner seit selbst sich sie sind so sogar solche soll sollte sollten sondern sonst
soweit statt trotz über um und uns unser unsere unseren unter viel viele vielen vom von vor war
waren warum was wegen weil weiter welche welcher wem wenn wer werde werden wie wieder will wir
wird wo wollen wollte worden wurde wurden würde würden während zu zum zur zwar zwischen
"""

FRENCH = """
ai aie ainsi alors après as assez au aucun aucune aussi autre autres aux avaient avais avait avant
avec avez avoir avons beaucoup bien car ce cela celle celles celui cependant ces cet cette ceux
chaque chez comme comment contre dans de depuis derrière des dès deux devant doit donc dont du
elle elles en encore enfin entre es est et étaient étais était étant été être eu eux faire fais
fait fut grâce hors ici il ils je jamais jusque la là le les leur leurs lors lorsque lui ma mais
malgré me même mêmes mes mettre mieux moi moins mon ne ni non nos notre nous on ont ou où oui par
parce parfois pas pendant peu peut peux plus plusieurs plutôt pour pourquoi pourtant près presque
puis puisque qu quand que quel quelle quelles quelque quelques quels qui quoi sa sans sauf se
selon sera serait ses seulement si sinon soit sommes son sont sous suis sur surtout ta tant te tel
telle tellement tes toi ton toujours tous tout toute toutes très trop tu un une va vais vers veut
veux voici voilà voir vont vos votre vous vraiment avez-vous c'est-à-dire est-ce peut-être
"""

AMBIGUOUS = frozenset({"car", "hat", "son", "ton"})
"""German and French function words that are things in English."""

STOP_WORDS = frozenset(f"{ENGLISH} {GERMAN} {FRENCH}".split())
FOREIGN = frozenset(f"{GERMAN} {FRENCH}".split()) - frozenset(ENGLISH.split()) - AMBIGUOUS
ENGLISH_ONLY = frozenset(ENGLISH.split()) - frozenset(f"{GERMAN} {FRENCH}".split())
