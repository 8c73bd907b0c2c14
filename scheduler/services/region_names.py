"""Names of the regions that grant licences of their own: provinces of Canada, states of the United States.

CLDR as Babel has it knows countries only. A name that is not given here is the English one.
**Source** ISO 3166-2:CA, ISO 3166-2:US; the words are those of CLDR's subdivisions.
"""

REGIONS = {
    "en": """
CA-AB Alberta/CA-BC British Columbia/CA-MB Manitoba/CA-NB New Brunswick/CA-NL Newfoundland and Labrador
/CA-NS Nova Scotia/CA-NT Northwest Territories/CA-NU Nunavut/CA-ON Ontario/CA-PE Prince Edward Island
/CA-QC Quebec/CA-SK Saskatchewan/CA-YT Yukon/US-AL Alabama/US-AK Alaska/US-AZ Arizona/US-AR Arkansas
/US-CA California/US-CO Colorado/US-CT Connecticut/US-DE Delaware/US-DC District of Columbia
/US-FL Florida/US-GA Georgia (USA)/US-HI Hawaii/US-ID Idaho/US-IL Illinois/US-IN Indiana/US-IA Iowa
/US-KS Kansas/US-KY Kentucky/US-LA Louisiana/US-ME Maine/US-MD Maryland/US-MA Massachusetts
/US-MI Michigan/US-MN Minnesota/US-MS Mississippi/US-MO Missouri/US-MT Montana/US-NE Nebraska
/US-NV Nevada/US-NH New Hampshire/US-NJ New Jersey/US-NM New Mexico/US-NY New York/US-NC North Carolina
/US-ND North Dakota/US-OH Ohio/US-OK Oklahoma/US-OR Oregon/US-PA Pennsylvania/US-RI Rhode Island
/US-SC South Carolina/US-SD South Dakota/US-TN Tennessee/US-TX Texas/US-UT Utah/US-VT Vermont
/US-VA Virginia/US-WA Washington/US-WV West Virginia/US-WI Wisconsin/US-WY Wyoming""",
    "fr": """
CA-BC Colombie-Britannique/CA-NB Nouveau-Brunswick/CA-NL Terre-Neuve-et-Labrador/CA-NS Nouvelle-Écosse
/CA-NT Territoires du Nord-Ouest/CA-PE Île-du-Prince-Édouard/CA-QC Québec/US-CA Californie
/US-DC District de Columbia/US-FL Floride/US-GA Géorgie (États-Unis)/US-HI Hawaï/US-LA Louisiane
/US-NM Nouveau-Mexique/US-NC Caroline du Nord/US-ND Dakota du Nord/US-PA Pennsylvanie
/US-SC Caroline du Sud/US-SD Dakota du Sud/US-VA Virginie/US-WV Virginie-Occidentale""",
    "de": """
CA-NL Neufundland und Labrador/CA-NT Nordwest-Territorien/CA-QC Québec/US-CA Kalifornien
/US-GA Georgia""",
    "es": """
CA-BC Columbia Británica/CA-NB Nuevo Brunswick/CA-NL Terranova y Labrador/CA-NS Nueva Escocia
/CA-NT Territorios del Noroeste/CA-PE Isla del Príncipe Eduardo/CA-YT Yukón/US-DC Distrito de Columbia
/US-GA Georgia (Estados Unidos)/US-HI Hawái/US-LA Luisiana/US-MI Míchigan/US-MS Misisipi/US-MO Misuri
/US-NC Carolina del Norte/US-ND Dakota del Norte/US-NH Nuevo Hampshire/US-NJ Nueva Jersey/US-NM Nuevo México
/US-NY Nueva York/US-OR Oregón/US-PA Pensilvania/US-SC Carolina del Sur/US-SD Dakota del Sur/US-TX Texas
/US-WV Virginia Occidental""",
    "ru": """
CA-AB Альберта/CA-BC Британская Колумбия/CA-MB Манитоба/CA-NB Нью-Брансуик/CA-NL Ньюфаундленд и Лабрадор
/CA-NS Новая Шотландия/CA-NT Северо-Западные территории/CA-NU Нунавут/CA-ON Онтарио
/CA-PE Остров Принца Эдуарда/CA-QC Квебек/CA-SK Саскачеван/CA-YT Юкон/US-AL Алабама/US-AK Аляска
/US-AZ Аризона/US-AR Арканзас/US-CA Калифорния/US-CO Колорадо/US-CT Коннектикут/US-DE Делавэр
/US-DC Округ Колумбия/US-FL Флорида/US-GA Джорджия/US-HI Гавайи/US-ID Айдахо/US-IL Иллинойс/US-IN Индиана
/US-IA Айова/US-KS Канзас/US-KY Кентукки/US-LA Луизиана/US-ME Мэн/US-MD Мэриленд/US-MA Массачусетс
/US-MI Мичиган/US-MN Миннесота/US-MS Миссисипи/US-MO Миссури/US-MT Монтана/US-NE Небраска/US-NV Невада
/US-NH Нью-Гэмпшир/US-NJ Нью-Джерси/US-NM Нью-Мексико/US-NY Нью-Йорк/US-NC Северная Каролина
/US-ND Северная Дакота/US-OH Огайо/US-OK Оклахома/US-OR Орегон/US-PA Пенсильвания/US-RI Род-Айленд
/US-SC Южная Каролина/US-SD Южная Дакота/US-TN Теннесси/US-TX Техас/US-UT Юта/US-VT Вермонт
/US-VA Виргиния/US-WA Вашингтон/US-WV Западная Виргиния/US-WI Висконсин/US-WY Вайоминг""",
}
"""Language -> "code name" pairs with strokes between; `place_names` reads them."""
