"""Password hashes of other systems, by password.

Those of Django come from `make_password` of Django 5.2.19, those of Lucia from oslo 1.2.1 and lucia
3.2.2 on Node.js, all with the lowest costs they accept; those of Devise from bcrypt 5.0.0, with the
prefix that Ruby's bcrypt writes.
"""

PASSWORD = "seven green llamas hum"
#: The same text with a combining accent and with a composed letter.
DECOMPOSED, COMPOSED = "cafe\u0301 au lait", "caf\u00e9 au lait"
#: NFKC changes this text, NFC does not.
LIGATURE = "\ufb01ve cafe\u0301s \u2460"

DJANGO = {
    "pbkdf2_sha256": {
        PASSWORD: "pbkdf2_sha256$1000$PIIsdaFCWrYk4qHsmNWT92"
        "$MojHAEJq5iCV7AhQTyDgg1jkC38zqk2gvZuJRxteLQw=",
        DECOMPOSED: "pbkdf2_sha256$1000$RwJMuygLKCW45zKIsyaMiE"
        "$2TZb3zlJ68m+aIyxYjBTxyZsPB1na8jdiljQ2BsHxgQ=",
        COMPOSED: "pbkdf2_sha256$1000$DWLvH7tOHSR1LYEp46VfSP"
        "$cve9AqvCynqpqMpQeohqflWhCFbwN9pa/pPn/grIExk=",
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
