"""Password hashes of other systems, by password.

Those of Django come from the hashers of Django 5.2.19, those of Lucia from oslo 1.2.1 and lucia
3.2.2 on Node.js, those of Better Auth from better-auth 1.7.25, those of Werkzeug from Werkzeug
3.1.9, those of passlib from passlib 1.7.4, those of WordPress and Laravel from PHP 8.2.36 and the
class of WordPress 6.1.9, all with the lowest costs they accept; those of Devise from bcrypt 5.0.0,
with the prefix that Ruby's bcrypt writes. Those of pbkdf2_elixir are from its own tests.
"""

PASSWORD = "seven green llamas hum"
#: The same text with a combining accent and with a composed letter.
DECOMPOSED, COMPOSED = "cafe\u0301 au lait", "caf\u00e9 au lait"
#: NFKC changes this text, NFC does not.
LIGATURE = "\ufb01ve cafe\u0301s \u2460"
#: WordPress puts backslashes before these quotes, if a form sends the password.
QUOTED = 'it\'s "seven" llamas'

DJANGO = {
    "pbkdf2_sha256": {
        PASSWORD: "pbkdf2_sha256$1000$PIIsdaFCWrYk4qHsmNWT92"
        "$MojHAEJq5iCV7AhQTyDgg1jkC38zqk2gvZuJRxteLQw=",
        DECOMPOSED: "pbkdf2_sha256$1000$RwJMuygLKCW45zKIsyaMiE"
        "$2TZb3zlJ68m+aIyxYjBTxyZsPB1na8jdiljQ2BsHxgQ=",
        COMPOSED: "pbkdf2_sha256$1000$DWLvH7tOHSR1LYEp46VfSP"
        "$cve9AqvCynqpqMpQeohqflWhCFbwN9pa/pPn/grIExk=",
    },
    "pbkdf2_sha1": {
        PASSWORD: "pbkdf2_sha1$1000$NJaJFuwKr8Xa5LZYV7Oxs3$STlMFcLUAMlntt9r6UJ9qUe84nQ=",
        DECOMPOSED: "pbkdf2_sha1$1000$duyYuKfYIhoOYxKmxXkSTR$NZZAgP31r6oIl7yORSb8vF0FI/Y=",
        COMPOSED: "pbkdf2_sha1$1000$uGG0lv763o9QZEEuvM2lKn$Z5cPZCYg8MOZvWS4zxUO6IBxl/8=",
    },
    "argon2": {
        PASSWORD: "argon2$argon2id$v=19$m=64,t=1,p=2$cHpnaFNEMWZ4V2R3ODNVVnRRWFFXdw"
        "$6JdID5iyUlu3yYDtCnCUKqGzPkOJ9SF9R3H79OrC4d0",
        DECOMPOSED: "argon2$argon2id$v=19$m=64,t=1,p=2$T3dZRXhkY1ZuUDZXTU1aU0JuZE9obA"
        "$Xgx9jqRu+gpZY9KJo1DHfmOa8MGbRsfOY4ewVH9jspI",
        COMPOSED: "argon2$argon2id$v=19$m=64,t=1,p=2$dmRDb1pCTVpPRkhVcWVDSjJnVEVqMQ"
        "$7NHOZysEq8S2rlaGrPFBoYq37iq1a7HqtOA6Cz63Sho",
    },
    "bcrypt_sha256": {
        PASSWORD: "bcrypt_sha256$$2b$04$mOQDuv2u68pq9UbgVvKvVeG1uBopcKLi6z7mCZNWdXKe5TJ7X8Y9a",
        DECOMPOSED: "bcrypt_sha256$$2b$04$ED8vSDVy/8iSFdvqHxQ/Qe6gWsOVyDlZGwnBLrPBMNanQ5gye7Ou2",
        COMPOSED: "bcrypt_sha256$$2b$04$q./LteuK2IkhXubOaLaxDeijOgjainCOVpcDJcaDEknSlSymzpOaa",
    },
    "bcrypt": {
        PASSWORD: "bcrypt$$2b$04$cwP.5d66EiE7ASdMap2RJe6r387cM.jnAFQJx/VYQD5bJmF0Wm5Li",
        DECOMPOSED: "bcrypt$$2b$04$0fuWhyJPLK4.J9ZA5/PNfONEejMB0W3au4BLYwrgkm/rtZ79hnvWG",
        COMPOSED: "bcrypt$$2b$04$QdRr3olavCaYsbO.5Bm8YOzfKnEV8cXaE055WuB.KsAgE7eHOzkf.",
    },
    "scrypt": {
        PASSWORD: "scrypt$64$dFuzIsB7q4ITpJfUnJTByd$8$5"
        "$FlGsi4GfSli7j1KXmgYjg1WaJyjBCeusS0whbKU1tIg3R4VXJxkFn+vq5g8WjJ09G26r/LJQcrjBC6qMAJvhOg==",
        DECOMPOSED: "scrypt$64$IRHwGt1UNc6ajIFijIAvdm$8$5"
        "$091az4UH7lytGCeT8kDYpqDaOJng5hl4m+EvarGmWpcISB5LNm46yxeSL4qGKkwp2jh/HceGkrjjY64cbmf1Gw==",
        COMPOSED: "scrypt$64$a9pQhsBrSkwIoeC1KgghXM$8$5"
        "$OgRDJD58SBW6okf6nwCn0Lcq0BPfPDGtfM3wzVLbjG8WxAkkIrOdM4lJ2+1N8Lkjdfw+KGtomh5kfgash+C+RQ==",
    },
}
DEVISE = {
    PASSWORD: "$2a$04$bispgoe3XcIWS67UtSlTOebNVvdnryeQY8CW27peEuFEBq4ElH/.e",
    COMPOSED: "$2a$04$APIcuZ9vMtzeDVyiagMaZ.ucxtSeGe55HuTwGHNqfy5C3n6o5wMXO",
}
LUCIA = {
    "argon2": {
        PASSWORD: "$argon2id$v=19$m=64,t=1,p=1$SWSVWJQm3QVf9re7yYKNEw"
        "$aF3cGLf6xS1PteJmSc9pEFOwvwyiEUyNDs3viilNjNw",
        LIGATURE: "$argon2id$v=19$m=64,t=1,p=1$7bL86Raf6HyWhG/cVv6sgw"
        "$xn80Oqbl+IHvp5+AhkNczbhqxrQvWaXgbmij1H/IohQ",
    },
    "bcrypt": {
        PASSWORD: "$2y$04$gBbC6Dti9IPCvNCp3Hv9uOqf84Xb0UOeEzH9XOL5FObP2DPV/JkN2",
        LIGATURE: "$2y$04$yGBWjit22kq.TdKHqTHCIO3aVvqSjOJQOqxa2dq4o3jW4DcjYznEC",
    },
    "scrypt": {
        PASSWORD: "cac4f22ea016fee59fc7a0d1af7d54fc:"
        "0c6309998144c80ca3bbbbc5938239fa5c16a250e1f59c6cbb102ea4257ac7ec"
        "ce6e02171e8e2f5cccb0564a48bc34f3315ce0157067afc4b577b51c3086b578",
        LIGATURE: "6b1369ed9445f733a12d8fe3c373e0bd:"
        "c4a9b90c30c7e0dbca46bed06f5a284d312ea910261f69bebbe051a9f10535c9"
        "aeb014c01744591d53f2d783c4eb3385e684c52f63dfee0af06510b9b46bca44",
    },
    "s2": {
        PASSWORD: "s2:5bdcd12316d8d4a092ffad7de6c6589a:"
        "ebbad19af5a66f1009d2e3ea71099139b62f6f09d471fbd5b105c4e459082782"
        "e25ca8b41dbbeceb6a44618902561d53facb23c6bdf1464307fd44ed79effd60",
    },
}
WERKZEUG = {
    "pbkdf2:sha1": {
        PASSWORD: "pbkdf2:sha1:1000$GGSQ4BV0TCszCYQp$e192bd73b78649377239b82c0bf74820c095760e",
        DECOMPOSED: "pbkdf2:sha1:1000$rPJq3XzymU18TOa7$076f6ef00ba72b2c1ecf80ab41ececbb4dedd65f",
        COMPOSED: "pbkdf2:sha1:1000$9epM4XvpFKZGIuym$616d72d81c6fd9f1b65cc997c41d0996b030d609",
    },
    "pbkdf2:sha256": {
        PASSWORD: "pbkdf2:sha256:1000$eqzAHAcgrXWWqIgW"
        "$edb945b561641da80b256a7c296a1f9254ffe5645a58495d9a1120fca30a0031",
        DECOMPOSED: "pbkdf2:sha256:1000$nfig4pPjcn9EZldW"
        "$b7b2d63f021166326b7707f3a1bebef28befbc6f9190faea44debe244747b7b3",
        COMPOSED: "pbkdf2:sha256:1000$QXURe9yf8HPbrs2U"
        "$813f584bfe62dfa13035d5ca6c472c813c3c9c81c632dd57d08f27c8036a6e84",
    },
    "pbkdf2:sha512": {
        PASSWORD: "pbkdf2:sha512:1000$6jajnqT83LXHONmF"
        "$0bd671f03e13400c4a68c73cd47cd7153e416d66ad0fc8834f06990e90fdee087efb36697af4c130b5c"
        "b83138b3fedaf56418fc170dac1d615f5223c79789e02",
        DECOMPOSED: "pbkdf2:sha512:1000$ha9rkd53wCyIeeMD"
        "$b021580fbdb236b996f065bc9057c18ace0fda18c22348ba250fbd344634f0aa1cebcb999cc1533f267"
        "360774124ba7d81549e0f79bfc6466e6f9bed16825b66",
        COMPOSED: "pbkdf2:sha512:1000$uqEM8r2x9MvKOpIq"
        "$22ca50febb96f2d6852b29fbfd8495f6453c54de22719c455f833c55c77c98c0ae22626e8140ef49480"
        "1e67187c8ef602489591c83ab970c02bd4ae0cc6e4cd5",
    },
    "scrypt": {
        PASSWORD: "scrypt:1024:8:1$1Al1Ow1dqgQ0YbSK"
        "$0e119f67344389416dfaaab575ea55ce19e5a88a5de441248e4dcb3109ec8bc74d2a2fc9a6db2877935"
        "3d236ed481de080fe47cf04b9dfd287e47f6391fe9fd6",
        DECOMPOSED: "scrypt:1024:8:1$Y2mDZopfDolMlzyJ"
        "$358cc6d337e0ebd38309219c7529f4cf5a16cccdb6e982445316431d448c2f5f559314bdb1739ee4155"
        "e399f2f5d25653a531ec8137a99d19b889b8f444f3cac",
        COMPOSED: "scrypt:1024:8:1$5jZ8Pj5Lw8ZX8yKp"
        "$8f85ca1af40391ae1e5f5c24ec25fa6a4a9d1a1b1d614759cf188cd1a6d87a648b58a0f0e67929dc5c0"
        "7524b131c50d6f934f1bcb343e0d5f67725c8235b9e9f",
    },
}
PASSLIB = {
    "pbkdf2_sha1": {
        PASSWORD: "$pbkdf2$1000$xpjTmnPOWYvx/p.TsjYmxA$zCOvVSjmJXUZU5xZcjK89scCtCg",
        DECOMPOSED: "$pbkdf2$1000$xDhnjNGaU8pZy3mPkbLWmg$lE7wM8dlKVp.mHGUuRe0nxO4mT4",
        COMPOSED: "$pbkdf2$1000$lVKqNcbYmzMGIOS8F.Jcqw$2//L7o315AQIxbkIC3NZ0t1wu28",
    },
    "pbkdf2_sha256": {
        PASSWORD: "$pbkdf2-sha256$1000$KOW8tzYGoPT.P2dMCWEMQQ"
        "$/WMkKBaFJQaNgbT5kb5FjEuuaXVG6ETXPXbdFMapFpE",
        DECOMPOSED: "$pbkdf2-sha256$1000$zvm/17p37n3vnZPyvpdy7g"
        "$5cdNlm4RJs0GuO3aLYq90aA2W3BlpDPU460bLcWHJ0w",
        COMPOSED: "$pbkdf2-sha256$1000$txYiRCiFEGKslRIixLjXmg"
        "$h/YMGBN6aEBPS3vE9g1gtqCl9yheyH5j5gTC81j27tk",
    },
    "pbkdf2_sha512": {
        PASSWORD: "$pbkdf2-sha512$1000$PAeAcA4BIASAkBLivHfunQ"
        "$fDMHhc66INcxtLT5fWjhzSecTUrfRTm.jWWk5EXEJbM8m9xCj8YAEqmhsCLI0rt2yidBuZc/cNMHFsq4q5C"
        "p0g",
        DECOMPOSED: "$pbkdf2-sha512$1000$3TsHgBCiNCZESKl17v0/5w"
        "$1e6J9aaj5U/FtB35uUDLU1Nrh6bBgMb2XHNPLaRVbMC4tGhK01/y8pajGFbAOoT6G1ElUuNQb29KI2.AfrO"
        "ECA",
        COMPOSED: "$pbkdf2-sha512$1000$yLk3BoDQWsv5H.P8P.d8rw"
        "$AdCRgy8KvtfMf46EP.vfsUsiH9lUYInLnl7oIpTIjuubavxaDDbuf2pi8a5tLyy4ew18dosILIyUq0q9RRd"
        "bKw",
    },
    "bcrypt_sha256": {
        PASSWORD: "$bcrypt-sha256$v=2,t=2b,r=4$GKWMsVSK0ljtmXL.Hkbxf."
        "$0M/.pcmOFizogrJI0ErUzqPbxZRhYsW",
        DECOMPOSED: "$bcrypt-sha256$v=2,t=2b,r=4$xV6nINOi4gHrPFSvagz48u"
        "$89l7gYBi4/01dZ.UJBdNnWF42XCV/gm",
        COMPOSED: "$bcrypt-sha256$v=2,t=2b,r=4$G93hVBjWmuTy4084XAjXg."
        "$173dkw803HbbAjSoc4pwotM966td36G",
    },
    "bcrypt_sha256 1": {
        PASSWORD: "$bcrypt-sha256$2b,4$ppDIbHpATwCKZApuRnaZOe$7tm7308RHvm.gx3.HIN6o7wc6uTYxNO",
        DECOMPOSED: "$bcrypt-sha256$2b,4$gXLBueTKjnTnQqQW2lehTO$KtKuA6TnjzTo5UlPIKJtD5WUJj/M2Lu",
        COMPOSED: "$bcrypt-sha256$2b,4$jdMHIVQ5n90rVHa0xeVILu$T.Kd0s.0VvB0skbLx.IXenzxJBsoCNy",
    },
    "phpass": {
        PASSWORD: "$P$5NGaOInK8if3eZACTEgRvunnMZgsp20",
        DECOMPOSED: "$P$5af2Y5kDoLUHaqz2uPpyENhoCSWH1s0",
        COMPOSED: "$P$5lwt6SFc5Nq4s8TZog4fE2oo1DR61M0",
    },
    "phpass of phpBB": {
        PASSWORD: "$H$5lu20msZUC1F6.uwriAGXvP5qGEd7d1",
        DECOMPOSED: "$H$5NSWsnhgKtgSS7pcRghf6HiN09nLHS0",
        COMPOSED: "$H$5zsmXgYxuH3UM66HxURgEckLVyYjck.",
    },
    "scrypt": {
        PASSWORD: "$scrypt$ln=6,r=8,p=1$N+b833uvlfJ+D+GcMwZgjA"
        "$q1bgZH2CkN8AN8Qn3E3Tfmcnl+qWzJXLdkfAqcNi06E",
        DECOMPOSED: "$scrypt$ln=6,r=8,p=1$DMFYi3GOUao1Zmxt7b1Xag"
        "$M87PV/TdFtDwJdy5/U7iTrxfYC1OiglfZ1WeZOOiu0Y",
        COMPOSED: "$scrypt$ln=6,r=8,p=1$A0AIwfj//19LKYWQ8p6zdg"
        "$SEVTL745Q9hkjTcNp/6Hbcnsuyc9qN3fOGHfk4Dx5bY",
    },
}
WORDPRESS = {
    "phpass": {
        PASSWORD: "$P$BM1dAUGsqjADFMtilzxNiVr2PFF6b50",
        DECOMPOSED: "$P$BVuUx67hGDc2K9lVvhF9eFw4dZtQ191",
        COMPOSED: "$P$BpTsTKyzBokzy7fTDBtnHjJjMnXQq/.",
        QUOTED: "$P$BDBJTT0bYebyFOTXcOaGDokrBTynQz/",
    },
    "bcrypt": {
        PASSWORD: "$wp$2y$04$BMLwg5ta3mfOtNIGztpOuO.4Xoj/6.JcsTcjE7F53DGlaqXi5FkcG",
        DECOMPOSED: "$wp$2y$04$kUnuQYMsa8P3LxOj3opacOpp4f/cjEPoAUYrsTJnNAHwSdFthkD12",
        COMPOSED: "$wp$2y$04$1NybO6UUKmsnsSCNy86xPOnQprqCB.B2GmC9zDiaVtqpjFCKETc6i",
        QUOTED: "$wp$2y$04$cNu31Tjg4UHwfp9/41Hqp.kkIAdVfw4LuME9DaRFOxAuuyOL/zxh6",
    },
}
LARAVEL = {
    "bcrypt": {
        PASSWORD: "$2y$04$K7TkCLvPhGWEgkyVxtFT5OYBWjvYuzgA7wKqRpteWK.t/Xq1bayyi",
    },
    "argon2id": {
        PASSWORD: "$argon2id$v=19$m=64,t=1,p=1$SlFHZUxRTVhtbFFWR25CMA"
        "$i5/eVJRglMg412c3p+M4oordjbDbBy9X7ljfHzyvAMs",
    },
}
BETTER_AUTH = {
    PASSWORD: "bb0bd5857edd151f23b9dd5b520a434a:"
    "f8430c3556bc7e9f433e5a9ea7a14c7217b16a8bb8b0307a585f733692bf0943"
    "b672f3d0684ea8766221eecaf5f13c589a794052a889a23941a2a111b7232190",
    LIGATURE: "cea50f607433ed09c7cde3921a7b80e5:"
    "43b6ab933f3d289ad192e4f9b5551d0be4e7f0086cff2eef171996906383b747"
    "7bec5dc01530372399e3babc6a7fbc144172d2be4b83fb3d21325771f617659f",
}
#: By password; those of other libraries for Phoenix are like Laravel's and Lucia's.
PBKDF2_ELIXIR = {
    "passDATAb00AB7YxDTTlRH2dqxDx19GDxDV1zFMz7E6QVqKIzwOtMnlxQLttpE5": "$pbkdf2-sha512$100000"
    "$c2FsdEtFWWJjVGNYSENCeHRqRDJQbkJoNDRBSVE2WFVPQ0VTT2hYcEVwM0hyY0dNd2JqelFLTVNhZjYzSUpl"
    "$B0R0AchXZuSu1YPeLmv1pnXqvk82GCgclWFvT8H9/m7LwcOYJ4nU/ZQdZYTvU0p4vTeuAlVdlFXo8In9tN.2uw",
    "\u1f13\u03bd \u03bf\u1f36\u03b4\u03b1 \u1f45\u03c4\u03b9 \u03bf\u1f50\u03b4\u1f72\u03bd "
    "\u03bf\u1f36\u03b4\u03b1": "$pbkdf2-sha256$100000$HQrkLddu1XaoDsXGQ0gi3Q"
    "$egGo.5eQIb9Ulp27Xyc7WkesMu/u4mksXknuExBUCnc",
}
